package io.ralmspec.job.cli;

import io.ralmspec.kafka.DeadLetterReader;
import io.ralmspec.kafka.StoredDeadLetter;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows dead letters, one a line; their bytes only to who asks. */
@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        description =
                "Shows dead letters, the oldest of each partition first: where, when, where from,"
                        + " and why.")
final class ListDeadLettersCommand implements Callable<Integer> {
    private static final String LINE = "%-12s %-24s %-28s %-18s %10s %7s  %s%n";
    private static final int MAX_LIMIT = 1_000_000;
    private static final int MAX_PAYLOAD = 1 << 20;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Mixin private DeadLetterOptions letters = new DeadLetterOptions();

    @Option(
            names = "--limit",
            defaultValue = "100",
            description = "Most to show (${DEFAULT-VALUE}).")
    private int limit;

    @Option(
            names = "--payload",
            paramLabel = "BYTES",
            defaultValue = "0",
            description =
                    "Also show this many bytes of the original record, which may be somebody's"
                            + " prompt (none).")
    private int payload;

    @Override
    public Integer call() {
        inRange("--limit", limit, 1, MAX_LIMIT);
        inRange("--payload", payload, 0, MAX_PAYLOAD);
        PrintWriter out = spec.commandLine().getOut();
        AtomicInteger shown = new AtomicInteger();
        boolean[] more = {false};
        try (DeadLetterReader reader =
                new DeadLetterReader(letters.kafka.settings(), letters.topic)) {
            reader.read(
                    letters.query(),
                    letter -> {
                        if (shown.get() == limit) {
                            more[0] = true;
                            return false;
                        }
                        if (shown.getAndIncrement() == 0) {
                            out.printf(
                                    LINE, "PLACE", "TIME", "FROM", "CODE", "BYTES", "REPLAYS",
                                    "MESSAGE");
                        }
                        show(letter, out);
                        return true;
                    });
        }
        out.println(
                shown.get() == 0
                        ? "No dead letters."
                        : "%d dead letters%s."
                                .formatted(
                                        shown.get(),
                                        more[0]
                                                ? "; there are more, see --limit and --since"
                                                : ""));
        out.flush();
        return 0;
    }

    private void show(StoredDeadLetter letter, PrintWriter out) {
        String field = letter.field();
        out.printf(
                LINE,
                letter.partition() + ":" + letter.offset(),
                letter.time(),
                letter.isOurs() ? letter.origin() : "?",
                letter.isOurs() ? letter.code() : "not ours",
                letter.valueBytes() + (letter.isCut() ? " (cut)" : ""),
                letter.replays(),
                field.isEmpty() ? letter.message() : "[%s] %s".formatted(field, letter.message()));
        if (payload > 0) {
            out.printf("    %s%n", letter.preview(payload));
        }
    }

    static void inRange(String option, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(
                    "%s must be in [%d, %d] (got %d)".formatted(option, min, max, value));
        }
    }
}
