package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Golden;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.SessionState;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What keyed state held in any version is read. After a new version, run with
 * -Dralmspec.write-golden=true once, and keep the files of the old ones as they are. The session
 * inside has a version and files of its own.
 */
class StoredSessionVersionsTest {
    private static final Path DIRECTORY = Path.of("src/test/resources/sessions");
    private static final SessionState SESSION =
            SessionState.submitted(Requests.simple("a", 500), 1_234);
    private static final StoredSession KEYED =
            new StoredSession(
                    new Origin(
                            "ralm.requests",
                            7,
                            1L << 40,
                            1_700_000_000_123L,
                            utf8("ключ"),
                            null,
                            List.of("traceparent", "empty"),
                            List.of(utf8("00-1"), new byte[0])),
                    SESSION);
    private static final Map<String, StoredSession> EXAMPLES =
            Map.of(
                    "keyed",
                    KEYED,
                    "bare",
                    new StoredSession(
                            new Origin("t", 0, 0, -1, null, null, List.of(), List.of()), SESSION));
    private static final int VERSION = KEYED.toBytes()[0];

    static List<Golden> golden() {
        if (Golden.writing()) {
            EXAMPLES.forEach(
                    (name, stored) ->
                            Golden.write(DIRECTORY, fileName(name), stored.toBytes(), stored));
        }
        return Golden.readAll(DIRECTORY);
    }

    @ParameterizedTest
    @MethodSource("golden")
    void everyVersionEverWrittenIsRead(Golden golden) {
        assertThat(golden.name()).startsWith("v" + golden.bytes()[0] + "-");
        StoredSession stored = StoredSession.fromBytes(golden.bytes());
        assertThat(Golden.describe(stored)).containsAll(golden.described());
        StoredSession again = StoredSession.fromBytes(stored.toBytes());
        assertThat(Golden.describe(again)).isEqualTo(Golden.describe(stored));
    }

    @Test
    void theVersionOfTodayHasItsFiles() {
        assertThat(golden())
                .as("files of version %d; write them with -Dralmspec.write-golden=true", VERSION)
                .extracting(Golden::name)
                .contains(EXAMPLES.keySet().stream().map(n -> fileName(n)).toArray(String[]::new));
    }

    @Test
    void aNewerVersionIsRefusedAndSaysWhy() {
        byte[] bytes = KEYED.toBytes();
        bytes[0] = (byte) (VERSION + 1);
        assertThatThrownBy(() -> StoredSession.fromBytes(bytes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("stored session version")
                .hasMessageContaining("(got %d)".formatted(VERSION + 1))
                .hasMessageContaining("this job is older than its state");
    }

    private static String fileName(String name) {
        return "v" + VERSION + "-" + name;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
