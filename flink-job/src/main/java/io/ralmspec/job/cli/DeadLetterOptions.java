package io.ralmspec.job.cli;

import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.kafka.DeadLetterQuery;
import io.ralmspec.kafka.DeadLetterQuery.Position;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which dead letters, and where they are. */
final class DeadLetterOptions {
    private static final Pattern AGO = Pattern.compile("([0-9]{1,6})([smhd])");
    private static final Pattern POSITION = Pattern.compile("([0-9]{1,9}):([0-9]{1,18})");

    @Option(
            names = "--topic",
            defaultValue = "ralm.dead-letters",
            description = "Topic of dead letters (${DEFAULT-VALUE}).")
    String topic = "";

    @Option(
            names = "--code",
            split = ",",
            description = "Only those with these error codes, such as invalid_json.")
    private List<String> codes = List.of();

    @Option(
            names = "--at",
            split = ",",
            paramLabel = "partition:offset",
            description = "Only these, by their place as `list` shows it.")
    private List<String> positions = List.of();

    @Option(
            names = "--since",
            description =
                    "Only those of this age or younger (90s, 30m, 12h, 7d), or written at this time"
                            + " or later (2026-01-31T12:00:00Z).")
    private @Nullable String since;

    @Mixin KafkaOptions kafka = new KafkaOptions();

    /** Whether the user picked any. */
    boolean selective() {
        return !codes.isEmpty() || !positions.isEmpty() || since != null;
    }

    /**
     * @throws IllegalArgumentException naming the option that can't be read
     */
    DeadLetterQuery query() {
        Set<String> known =
                Arrays.stream(ErrorCode.values())
                        .map(ErrorCode::wireName)
                        .collect(Collectors.toSet());
        for (String code : codes) {
            if (!known.contains(code)) {
                throw new IllegalArgumentException(
                        "--code must be one of %s (got %s)"
                                .formatted(String.join(", ", new TreeSet<>(known)), code));
            }
        }
        return new DeadLetterQuery(
                new HashSet<>(codes),
                positions.stream()
                        .map(DeadLetterOptions::position)
                        .collect(Collectors.toCollection(TreeSet::new)),
                since == null ? null : time(since, Instant.now()));
    }

    private static Position position(String text) {
        Matcher parts = POSITION.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException(
                    "--at must be partition:offset, such as 0:17 (got %s)".formatted(text));
        }
        return new Position(Integer.parseInt(parts.group(1)), Long.parseLong(parts.group(2)));
    }

    static Instant time(String text, Instant now) {
        Matcher ago = AGO.matcher(text);
        if (ago.matches()) {
            long count = Long.parseLong(ago.group(1));
            return now.minus(
                    switch (ago.group(2)) {
                        case "s" -> Duration.ofSeconds(count);
                        case "m" -> Duration.ofMinutes(count);
                        case "h" -> Duration.ofHours(count);
                        default -> Duration.ofDays(count);
                    });
        }
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    "--since must be an age, such as 30m, or a time, such as 2026-01-31T12:00:00Z"
                            + " (got %s)".formatted(text),
                    e);
        }
    }
}
