package io.ralmspec.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.RequestLimits;
import io.ralmspec.decoding.Submission;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/** Records for tests, and what became of them. */
final class TestRecords {
    static final RequestParser PARSER =
            new RequestParser(RequestLimits.DEFAULT, RequestDefaults.STANDARD);

    private TestRecords() {}

    static Origin origin(
            byte @Nullable [] key, byte @Nullable [] value, Map<String, byte[]> headers) {
        return new Origin(
                "ralm.requests",
                3,
                1042,
                1_767_225_600_000L,
                key,
                value,
                new ArrayList<>(headers.keySet()),
                new ArrayList<>(headers.values()));
    }

    static Origin origin(@Nullable String value) {
        return origin(null, value == null ? null : value.getBytes(UTF_8), Map.of());
    }

    static Parsed parse(String json) {
        return PARSER.parse(origin(json));
    }

    /** A request with this id and prompt and these further members. */
    static String request(String members) {
        return "{\"id\":\"a\",\"prompt\":\"p\"" + (members.isEmpty() ? "" : "," + members) + "}";
    }

    static Submission accepted(Parsed parsed) {
        assertThat(parsed).isInstanceOf(Parsed.Accepted.class);
        return ((Parsed.Accepted) parsed).submission();
    }

    static DecodingRequest requestOf(Parsed parsed) {
        return Objects.requireNonNull(accepted(parsed).request());
    }

    static Submission refused(Parsed parsed) {
        assertThat(parsed).isInstanceOf(Parsed.Refused.class);
        return ((Parsed.Refused) parsed).submission();
    }

    static RequestError error(Parsed parsed) {
        return Objects.requireNonNull(refused(parsed).refusal());
    }

    static DeadLetter deadLetter(Parsed parsed) {
        assertThat(parsed).isInstanceOf(Parsed.Unreadable.class);
        return ((Parsed.Unreadable) parsed).deadLetter();
    }

    /** As the dead letter topic gives it back, from partition 2, offset 17. */
    static StoredDeadLetter stored(OutputRecord record) {
        return new StoredDeadLetter(consumed(record.toProducerRecord("dead")));
    }

    static ConsumerRecord<byte[], byte[]> consumed(ProducerRecord<byte[], byte[]> record) {
        return new ConsumerRecord<>(
                record.topic(),
                2,
                17,
                1_767_225_600_000L,
                TimestampType.CREATE_TIME,
                0,
                0,
                record.key(),
                record.value(),
                record.headers(),
                Optional.empty());
    }

    /** Headers as text; a name that comes twice fails the test. */
    static Map<String, String> headers(OutputRecord record) {
        Map<String, String> headers = new LinkedHashMap<>();
        List<String> names = record.headerNames();
        for (int i = 0; i < names.size(); i++) {
            assertThat(headers.put(names.get(i), new String(record.headerValues().get(i), UTF_8)))
                    .isNull();
        }
        return headers;
    }
}
