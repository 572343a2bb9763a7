package io.ralmspec.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.RequestError;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DeadLetterSerializerTest {
    @Test
    void keepsTheOriginalAndSaysWhatIsWrong() {
        byte[] key = {0, (byte) 0xFF};
        byte[] value = {'{', (byte) 0xC0, 0};
        Map<String, byte[]> headers = new LinkedHashMap<>();
        headers.put("traceparent", "00-a".getBytes(UTF_8));
        for (int i = 0; i < 100; i++) {
            headers.put("h" + i, new byte[] {'v'});
        }
        Origin origin = TestRecords.origin(key, value, headers);

        OutputRecord record =
                new DeadLetterSerializer()
                        .serialize(TestRecords.deadLetter(TestRecords.PARSER.parse(origin)));

        assertThat(record.key()).isSameAs(key);
        assertThat(record.value()).isSameAs(value);
        Map<String, String> sent = TestRecords.headers(record);
        assertThat(sent.keySet()).startsWith(headers.keySet().toArray(String[]::new)).hasSize(109);
        assertThat(sent)
                .containsAllEntriesOf(
                        Map.of(
                                "ralmspec-schema-version",
                                "1",
                                "ralmspec-error-code",
                                "invalid_json",
                                "ralmspec-error-field",
                                "",
                                "ralmspec-error-message",
                                "`request` must be UTF-8 (got a malformed character at byte 1)",
                                "ralmspec-topic",
                                "ralm.requests",
                                "ralmspec-partition",
                                "3",
                                "ralmspec-offset",
                                "1042",
                                "ralmspec-timestamp",
                                "1767225600000"));
        JsonSchemas.DEAD_LETTER_HEADERS.check(sent);
    }

    @Test
    void aDeadLetterThatFailsAgainDescribesTheLastFailure() {
        Map<String, byte[]> headers = new LinkedHashMap<>();
        headers.put("ralmspec-error-code", "overloaded".getBytes(UTF_8));
        headers.put("ralmspec-topic", "elsewhere".getBytes(UTF_8));

        Map<String, String> sent = headers(serialize(letter(null, new byte[1], headers)));

        assertThat(sent)
                .containsEntry("ralmspec-error-code", "missing_field")
                .containsEntry("ralmspec-topic", "ralm.requests")
                .doesNotContainKey(HeaderList.DROPPED);
    }

    @Test
    void nullKeyAndValueStayNull() {
        OutputRecord record = serialize(letter(null, null, Map.of()));

        assertThat(record.key()).isNull();
        assertThat(record.value()).isNull();
        JsonSchemas.DEAD_LETTER_HEADERS.check(TestRecords.headers(record));
    }

    @Test
    void cutsWhatIsBeyondTheBoundAndSaysHowLongItWas() {
        var serializer = new DeadLetterSerializer(100_000);
        byte[] key = new byte[90_000];
        byte[] value = new byte[300_000];
        Arrays.fill(value, (byte) 7);
        Map<String, byte[]> headers =
                new LinkedHashMap<>(
                        Map.of("big", new byte[80_000], "traceparent", "00-a".getBytes(UTF_8)));

        OutputRecord record = serializer.serialize(letter(key, value, headers));

        Map<String, String> sent = TestRecords.headers(record);
        assertThat(sent)
                .containsEntry("traceparent", "00-a")
                .containsEntry("ralmspec-key-bytes", "90000")
                .containsEntry("ralmspec-value-bytes", "300000")
                .containsEntry("ralmspec-headers-dropped", "1")
                .doesNotContainKey("big");
        assertThat(size(record)).isBetween(95_000, 100_000);
        assertThat(record.value()).hasSizeGreaterThan(70_000).startsWith(7, 7).endsWith(7, 7);
        JsonSchemas.DEAD_LETTER_HEADERS.check(sent);
    }

    @Test
    void leavesAValueThatJustFits() {
        int bound = DeadLetterSerializer.DEFAULT_MAX_RECORD_BYTES;
        byte[] tenMegabytes = new byte[10_000_000];
        byte[] large = new byte[16 << 20];
        byte[] tooLarge = new byte[bound];

        assertThat(serialize(letter(null, tenMegabytes, Map.of())).value()).isSameAs(tenMegabytes);
        assertThat(serialize(letter(null, large, Map.of())).value()).isSameAs(large);
        OutputRecord cut = serialize(letter(null, tooLarge, Map.of()));
        assertThat(size(cut)).isBetween(bound - 1000, bound);
        assertThat(TestRecords.headers(cut))
                .containsEntry("ralmspec-value-bytes", String.valueOf(bound));
    }

    @Test
    void anEndlessMessageIsCut() {
        var error = new RequestError(ErrorCode.OVERLOADED, "", "m".repeat(1_000_000));
        var letter = new DeadLetter(TestRecords.origin(null, new byte[5], Map.of()), error);

        Map<String, String> sent =
                TestRecords.headers(
                        new DeadLetterSerializer(DeadLetterSerializer.MIN_MAX_RECORD_BYTES)
                                .serialize(letter));

        assertThat(sent.get("ralmspec-error-message")).hasSize(1000);
        JsonSchemas.DEAD_LETTER_HEADERS.check(sent);
    }

    @Test
    void aRecordsNamesAndValuesBelongTogether() {
        assertThatThrownBy(() -> new OutputRecord(null, null, List.of("a"), List.of()))
                .hasMessage("`headerValues` must be as many as names, 1 (got 0)");
        assertThatThrownBy(() -> new DeadLetterSerializer(1))
                .hasMessage("`maxRecordBytes` must be >= 65536 (got 1)");
    }

    private static OutputRecord serialize(DeadLetter letter) {
        return new DeadLetterSerializer().serialize(letter);
    }

    private static Map<String, String> headers(OutputRecord record) {
        return TestRecords.headers(record);
    }

    private static DeadLetter letter(
            byte @Nullable [] key, byte @Nullable [] value, Map<String, byte[]> headers) {
        return new DeadLetter(
                TestRecords.origin(key, value, headers),
                new RequestError(ErrorCode.MISSING_FIELD, "id", "m"));
    }

    private static int size(OutputRecord record) {
        int size = record.key() == null ? 0 : record.key().length;
        size += Objects.requireNonNull(record.value()).length;
        for (int i = 0; i < record.headerNames().size(); i++) {
            size += record.headerNames().get(i).length() + record.headerValues().get(i).length;
        }
        return size;
    }
}
