package io.ralmspec.job.cli;

import io.ralmspec.kafka.DeadLetterQuery;
import io.ralmspec.kafka.DeadLetterQuery.Position;
import io.ralmspec.kafka.DeadLetterReader;
import io.ralmspec.kafka.DeadLetterReplay;
import io.ralmspec.kafka.DeadLetterReplay.Outcome;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Sends dead letters again. */
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        description = {
            "Sends the original bytes, key and headers of dead letters back to the request topic.",
            "Dead letters stay where they are. One that is replayed twice is sent twice, but a run"
                    + " sends the same key and value only once. An id that was answered meanwhile"
                    + " gives a new dead letter, not a second answer.",
            "Exits with 0 if and only if every record that was picked was sent."
        })
final class ReplayDeadLettersCommand implements Callable<Integer> {
    private static final String CONNECT_MILLIS = "10000";
    private static final Set<Outcome> DONE = Set.of(Outcome.SENT, Outcome.SAME);

    @Spec private CommandSpec spec = CommandSpec.create();

    @Mixin private DeadLetterOptions letters = new DeadLetterOptions();

    @Option(names = "--all", description = "All of them, where nothing else picks some.")
    private boolean all;

    @Option(
            names = "--requests-topic",
            defaultValue = "ralm.requests",
            description = "Topic to send to (${DEFAULT-VALUE}).")
    private String requestsTopic = "";

    @Option(
            names = "--max-replays",
            defaultValue = "3",
            description =
                    "Send no record more often than this, all runs together (${DEFAULT-VALUE}); its"
                            + " dead letters tell how often it was.")
    private int maxReplays;

    @Option(names = "--dry-run", description = "Say what would be sent, and send nothing.")
    private boolean dryRun;

    @Override
    public Integer call() {
        if (all == letters.selective()) {
            throw new IllegalArgumentException(
                    "replay must have --all, or one or more of --at, --code and --since, not both");
        }
        ListDeadLettersCommand.inRange("--max-replays", maxReplays, 1, 1000);
        PrintWriter out = spec.commandLine().getOut();
        Properties producing = letters.kafka.settings().producer();
        producing.put("max.block.ms", CONNECT_MILLIS);
        try (DeadLetterReader reader =
                        new DeadLetterReader(letters.kafka.settings(), letters.topic);
                KafkaProducer<byte[], byte[]> producer =
                        new KafkaProducer<>(
                                producing, new ByteArraySerializer(), new ByteArraySerializer())) {
            var replay = new DeadLetterReplay(producer, requestsTopic, maxReplays, dryRun);
            DeadLetterQuery query = letters.query();
            Set<Position> missing = new TreeSet<>(query.positions());
            reader.read(
                    DeadLetterQuery.ALL,
                    letter -> {
                        replay.note(letter);
                        return true;
                    });
            reader.read(
                    query,
                    letter -> {
                        missing.remove(new Position(letter.partition(), letter.offset()));
                        Outcome outcome = replay.replay(letter);
                        if (dryRun || outcome != Outcome.SENT) {
                            out.printf(
                                    "%d:%d %s %s: %s%n",
                                    letter.partition(),
                                    letter.offset(),
                                    letter.origin(),
                                    letter.code(),
                                    text(outcome));
                        }
                        return true;
                    });
            return summary(replay.counts(), missing, out);
        }
    }

    private int summary(Map<Outcome, Integer> counts, Set<Position> missing, PrintWriter out) {
        missing.forEach(
                place ->
                        out.printf(
                                "%d:%d: no dead letter that was asked for%n",
                                place.partition(), place.offset()));
        if (counts.isEmpty()) {
            out.println("No dead letters.");
        }
        new TreeMap<>(counts).forEach((end, count) -> out.printf("%d %s%n", count, text(end)));
        out.flush();
        return missing.isEmpty() && DONE.containsAll(counts.keySet()) ? 0 : 1;
    }

    private String text(Outcome outcome) {
        return dryRun && outcome == Outcome.SENT ? "would be sent" : outcome.text();
    }
}
