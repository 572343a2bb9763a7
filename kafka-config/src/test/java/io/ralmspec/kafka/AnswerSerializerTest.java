package io.ralmspec.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.AnswerRecord;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.Delta;
import io.ralmspec.decoding.DeltaRecord;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.Source;
import io.ralmspec.decoding.Submission;
import io.ralmspec.decoding.Timings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AnswerSerializerTest {
    private static final AnswerSerializer SERIALIZER = new AnswerSerializer();

    @Test
    void writesTheDocumentedJson() {
        assertThat(json(serialize(full())))
                .isEqualTo(
                        """
                        {"id":"q-2","text":" Paris.","finish_reason":"stop","token_ids":[3681,29889],\
                        "usage":{"prompt_tokens":6,"completion_tokens":2},\
                        "sources":[{"document_id":"22989","title":"Paris","score":17.25,\
                        "from_token":0,"to_token":2}],\
                        "speculation":{"rounds":11,"guesses":30,"accepted":27,\
                        "rolled_back_tokens":12,"redrafted_steps":3,"unchanged_steps":2,\
                        "recovered_tokens":9,"cancelled_steps":1,"retrieval_calls":13,"retrieval_queries":34,\
                        "model_steps":35},\
                        "timings_ms":{"queue":0.412,"first_token":35.5,"retrieval":91.25,\
                        "generation":240.125,"total":312.5}}\
                        """);
        JsonSchemas.ANSWER.check(serialize(full()).value());
    }

    @Test
    void readsBackWhatItWrote() {
        Answer answer = full();

        assertSame(AnswerReader.read(serialize(answer).value()), answer);
        Answer refused =
                Answer.refused(
                        "é😀\"\\\n",
                        new RequestError(ErrorCode.INVALID_FIELD, "seed", "`seed` must be x"));
        assertSame(AnswerReader.read(serialize(refused).value()), refused);
        JsonSchemas.ANSWER.check(serialize(refused).value());
    }

    @Test
    void everyErrorAndFinishReasonValidatesAndReadsBack() {
        for (ErrorCode code : ErrorCode.values()) {
            Answer refused = Answer.refused("a", new RequestError(code, "", "m"));
            JsonSchemas.ANSWER.check(serialize(refused).value());
            assertSame(AnswerReader.read(serialize(refused).value()), refused);
        }
        for (FinishReason reason : FinishReason.values()) {
            if (reason != FinishReason.ERROR) {
                Answer answer = answer("a", "t", reason, Timings.ZERO, 1f, null);
                JsonSchemas.ANSWER.check(serialize(answer).value());
                assertSame(AnswerReader.read(serialize(answer).value()), answer);
            }
        }
    }

    @Test
    void scoresKeepEveryBit() {
        for (float score : new float[] {0.1f, -3.4e38f, Float.MIN_VALUE, 1 / 3f, -0f}) {
            Answer answer = answer("a", "", FinishReason.STOP, Timings.ZERO, score, null);
            Answer back = AnswerReader.read(serialize(answer).value());
            assertThat(Float.floatToRawIntBits(back.sources().getFirst().score()))
                    .isEqualTo(Float.floatToRawIntBits(score));
        }
    }

    @Test
    void oddNumbersStayJson() {
        Answer answer =
                answer(
                        "a",
                        "",
                        FinishReason.STOP,
                        new Timings(-1, Double.NaN, 1e-9, 0.0000015, 1e6),
                        Float.NEGATIVE_INFINITY,
                        null);

        JsonSchemas.ANSWER.check(serialize(answer).value());
        Answer back = AnswerReader.read(serialize(answer).value());
        assertThat(back.sources().getFirst().score()).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(back.timings()).isEqualTo(new Timings(0, 0, 0, 0.000002, 1e6));
    }

    @Test
    void halfASurrogatePairBecomesAReplacementCharacter() {
        Answer answer = answer("a", "x\ud83d", FinishReason.STOP, Timings.ZERO, 1f, null);

        assertThat(AnswerReader.read(serialize(answer).value()).text()).isEqualTo("x\ufffd");
    }

    @Test
    void anAnswerBeyondTheBoundBecomesAnErrorAnswer() {
        var serializer = new AnswerSerializer(20_000);
        String frame = json(serialize(text("")));
        Answer fits = text("x".repeat(20_000 - frame.length()));
        Answer tooLarge = text("x".repeat(20_001 - frame.length()));

        OutputRecord kept = serializer.serialize(new AnswerRecord(origin(), fits));
        OutputRecord replaced = serializer.serialize(new AnswerRecord(origin(), tooLarge));

        assertThat(kept.value()).hasSize(20_000);
        assertSame(AnswerReader.read(bytes(kept)), fits);
        Answer error = AnswerReader.read(bytes(replaced));
        assertThat(error.id()).isEqualTo(tooLarge.id());
        assertThat(error.finishReason()).isEqualTo(FinishReason.ERROR);
        assertThat(error.error())
                .isEqualTo(
                        new RequestError(
                                ErrorCode.ANSWER_TOO_LARGE,
                                "",
                                "`answer` must be <= 20000 bytes (got 20001): ask for a smaller"
                                        + " `max_tokens`"));
        assertThat(error.counters()).isEqualTo(tooLarge.counters());
        JsonSchemas.ANSWER.check(bytes(replaced));
    }

    @Test
    void theLargestErrorAnswerFitsTheSmallestBound() {
        var serializer = new AnswerSerializer(AnswerSerializer.MIN_MAX_ANSWER_BYTES);
        String id = "\u0001".repeat(256);
        Answer refused =
                Answer.refused(
                        id,
                        new RequestError(
                                ErrorCode.RETRIEVAL_FAILED, "retrieval", "\u0001".repeat(9000)));

        OutputRecord record = serializer.serialize(new AnswerRecord(origin(), refused));

        assertThat(Objects.requireNonNull(AnswerReader.read(bytes(record)).error()).code())
                .isEqualTo(ErrorCode.RETRIEVAL_FAILED);
        JsonSchemas.ANSWER.check(bytes(record));
        assertThatThrownBy(() -> new AnswerSerializer(16_383))
                .hasMessage("`maxAnswerBytes` must be >= 16384 (got 16383)");
    }

    @Test
    void keyIsTheIdAndHeadersAreTheRequests() {
        Map<String, byte[]> headers = new LinkedHashMap<>();
        headers.put("traceparent", "00-a".getBytes(UTF_8));
        headers.put("tenant", new byte[] {(byte) 0xFF});
        headers.put("ralmspec-error-code", "old".getBytes(UTF_8));
        Origin origin = TestRecords.origin(new byte[] {1}, null, headers);

        ProducerRecord<byte[], byte[]> record =
                SERIALIZER.serialize(new AnswerRecord(origin, full())).toProducerRecord("answers");

        assertThat(record.topic()).isEqualTo("answers");
        assertThat(record.partition()).isNull();
        assertThat(record.key()).asString(UTF_8).isEqualTo("q-2");
        assertThat(record.headers().toArray())
                .extracting(header -> header.key())
                .containsExactly("traceparent", "tenant", "ralmspec-schema-version");
        assertThat(record.headers().lastHeader("tenant").value()).containsExactly(0xFF);
        assertThat(record.headers().lastHeader("ralmspec-schema-version").value())
                .asString(UTF_8)
                .isEqualTo("1");
    }

    @Test
    void copiedHeadersAreBoundedAndTheRestCounted() {
        Map<String, byte[]> headers = new LinkedHashMap<>();
        headers.put("ralmspec-headers-dropped", "forged".getBytes(UTF_8));
        headers.put("big", new byte[9000]);
        headers.put("half", new byte[5000]);
        headers.put("other-half", new byte[5000]);
        headers.put("traceparent", "00-a".getBytes(UTF_8));
        Origin origin = TestRecords.origin(new byte[0], "{\"id\":\"a\"}".getBytes(UTF_8), headers);
        Submission refused = TestRecords.refused(TestRecords.PARSER.parse(origin));

        OutputRecord record =
                SERIALIZER.serialize(
                        new AnswerRecord(
                                refused.origin(),
                                Answer.refused(
                                        refused.id(), Objects.requireNonNull(refused.refusal()))));

        assertThat(record.headerNames())
                .containsExactly(
                        "half",
                        "traceparent",
                        "ralmspec-headers-dropped",
                        "ralmspec-schema-version");
        assertThat(TestRecords.headers(record)).containsEntry("ralmspec-headers-dropped", "2");
    }

    @Test
    void deltasValidateAndReadBack() {
        for (Delta delta :
                List.of(new Delta("q-2", 0, " Pa\n", false), new Delta("q-2", 7, "", true))) {
            OutputRecord record = new DeltaSerializer().serialize(new DeltaRecord(origin(), delta));

            assertThat(DeltaReader.read(bytes(record))).isEqualTo(delta);
            assertThat(record.key()).asString(UTF_8).isEqualTo("q-2");
            assertThat(TestRecords.headers(record))
                    .containsExactly(
                            Map.entry("traceparent", "00-a"),
                            Map.entry("ralmspec-schema-version", "1"));
            JsonSchemas.DELTA.check(bytes(record));
        }
    }

    @Test
    void readersIgnoreWhatTheyDoNotKnow() {
        String newer = json(serialize(full())).replaceFirst("\\{", "{\"new\":{\"x\":[1]},");

        assertSame(AnswerReader.read(newer.getBytes(UTF_8)), full());
    }

    @Test
    void readersSayWhatIsWrong() {
        assertRefused("{", "record must be JSON (got something else)");
        assertRefused("[]", "record must be a JSON object");
        assertRefused("", "record must be a JSON object");
        assertRefused("{\"id\":7}", "`id` must be a string (got number)");
        String json = json(serialize(full()));
        assertRefused(
                json.replace("\"rounds\":11", "\"rounds\":1.5"),
                "`speculation.rounds` must be an integer (got number)");
        for (String counter :
                List.of(
                        "redrafted_steps",
                        "unchanged_steps",
                        "recovered_tokens",
                        "cancelled_steps")) {
            assertRefused(
                    json.replace(counter, "x"),
                    "`speculation.%s` must be an integer (got nothing)".formatted(counter));
            assertThat(JsonSchemas.ANSWER.accepts(json.replace(counter, "x"))).isFalse();
        }
        assertRefused(
                json.replace("\"to_token\":2", "\"x\":2"),
                "`sources[0].to_token` must be an integer (got nothing)");
        assertRefused(
                json.replace("\"stop\"", "\"tired\""),
                "`finish_reason` must be one of stop, length, cancelled, deadline, error"
                        + " (got \"tired\"): is the sender newer?");
        assertRefused(json.replace("29889", "null"), "`token_ids[1]` must be an integer");
        assertThatThrownBy(() -> DeltaReader.read("{\"id\":\"a\"}".getBytes(UTF_8)))
                .hasMessage("`sequence` must be an integer (got nothing)");
    }

    private static void assertRefused(String json, String message) {
        assertThatThrownBy(() -> AnswerReader.read(json.getBytes(UTF_8)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    private static void assertSame(Answer actual, Answer expected) {
        assertThat(actual).usingRecursiveComparison().isEqualTo(expected);
    }

    private static Answer full() {
        return new Answer(
                "q-2",
                " Paris.",
                new int[] {3681, 29889},
                FinishReason.STOP,
                6,
                List.of(new Source("22989", "Paris", 17.25f, 0, 2)),
                new Counters(11, 30, 27, 12, 3, 2, 9, 1, 13, 34, 35),
                new Timings(0.000412, 0.0355, 0.09125, 0.240125, 0.3125),
                null);
    }

    private static Answer text(String text) {
        return answer("a", text, FinishReason.LENGTH, Timings.ZERO, 1f, null);
    }

    private static Answer answer(
            String id,
            String text,
            FinishReason reason,
            Timings timings,
            float score,
            @Nullable RequestError error) {
        return new Answer(
                id,
                text,
                new int[] {1},
                reason,
                6,
                List.of(new Source("d", "t", score, 0, 1)),
                new Counters(1, 2, 1, 3, 4, 5, 6, 7, 8, 9, 10),
                timings,
                error);
    }

    private static OutputRecord serialize(Answer answer) {
        return SERIALIZER.serialize(new AnswerRecord(origin(), answer));
    }

    private static Origin origin() {
        return TestRecords.origin(null, null, Map.of("traceparent", "00-a".getBytes(UTF_8)));
    }

    private static byte[] bytes(OutputRecord record) {
        return Objects.requireNonNull(record.value());
    }

    private static String json(OutputRecord record) {
        return new String(bytes(record), UTF_8);
    }
}
