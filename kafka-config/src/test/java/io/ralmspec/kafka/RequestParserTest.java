package io.ralmspec.kafka;

import static io.ralmspec.decoding.ErrorCode.INVALID_FIELD;
import static io.ralmspec.decoding.ErrorCode.INVALID_JSON;
import static io.ralmspec.decoding.ErrorCode.MISSING_FIELD;
import static io.ralmspec.decoding.ErrorCode.REQUEST_TOO_LARGE;
import static io.ralmspec.kafka.TestRecords.PARSER;
import static io.ralmspec.kafka.TestRecords.accepted;
import static io.ralmspec.kafka.TestRecords.deadLetter;
import static io.ralmspec.kafka.TestRecords.error;
import static io.ralmspec.kafka.TestRecords.origin;
import static io.ralmspec.kafka.TestRecords.parse;
import static io.ralmspec.kafka.TestRecords.refused;
import static io.ralmspec.kafka.TestRecords.request;
import static io.ralmspec.kafka.TestRecords.requestOf;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.RequestLimits;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.SpeculationPolicy;
import java.io.ByteArrayOutputStream;
import java.io.ObjectOutputStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestParserTest {
    @Test
    void takesTheDefaultsWhereTheRequestSaysNothing() {
        assertThat(requestOf(parse("{\"id\":\"a\",\"prompt\":\"p\"}")))
                .isEqualTo(
                        new DecodingRequest(
                                "a",
                                "p",
                                128,
                                List.of(),
                                Sampling.GREEDY,
                                RequestDefaults.STANDARD.retrieval(),
                                false,
                                0));
    }

    @Test
    void readsEveryField() {
        String json =
                request(
                        """
                        "max_tokens": 64, "stop": ["\\n", "END"], "temperature": 0.5, "top_p": 0.9,
                        "seed": -42, "stream": true, "deadline_ms": 1500, "retrieval": {
                          "retriever": "bm25", "mode": "baseline", "scheme": "flare",
                          "confidence": 0.25, "stride": 8, "query_tokens": 16,
                          "speculation": {"stride": 5, "prefetch": 7, "async": false,
                            "recovery": false, "graph": false}}\
                        """);

        assertThat(requestOf(parse(json)))
                .isEqualTo(
                        new DecodingRequest(
                                "a",
                                "p",
                                64,
                                List.of("\n", "END"),
                                new Sampling(0.5, 0.9, -42),
                                new RetrievalParameters(
                                        RetrieverKind.BM25,
                                        DecodingMode.BASELINE,
                                        RetrievalScheme.FLARE,
                                        0.25,
                                        8,
                                        16,
                                        SpeculationPolicy.fixed(5, 7)),
                                true,
                                1500));
    }

    static List<String> good() {
        return RequestTable.good();
    }

    @ParameterizedTest
    @MethodSource
    void good(String json) {
        assertThat(requestOf(parse(json))).isNotNull();
    }

    static List<RequestTable.Bad> bad() {
        List<RequestTable.Bad> all = RequestTable.bad();
        all.addAll(RequestTable.beyondSchema());
        return all;
    }

    @ParameterizedTest
    @MethodSource
    void bad(RequestTable.Bad bad) {
        Parsed parsed = parse(bad.json());

        assertThat(error(parsed))
                .isEqualTo(new RequestError(bad.code(), bad.field(), bad.message()));
        assertThat(refused(parsed).id()).isEqualTo("a");
        assertThat(refused(parsed).origin().value()).isEqualTo(bad.json().getBytes(UTF_8));
    }

    @Test
    void reportsTheFirstErrorAlsoWhenTheIdComesLast() {
        RequestError error = error(parse("{\"seed\":\"x\",\"max_tokens\":0,\"id\":\"late\"}"));

        assertThat(error.field()).isEqualTo("seed");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '$',
            value = {
                "{\"prompt\":\"p\"} | MISSING_FIELD | `id` must be a string (got nothing)",
                "{\"id\":\"\"} | INVALID_FIELD | `id` must be not empty (got \"\")",
                "{\"id\":7} | INVALID_FIELD | `id` must be a string (got 7)",
                "{\"id\":null} | INVALID_FIELD | `id` must be a string (got null)",
                "{\"id\":\"a\",\"id\":\"b\"} | INVALID_FIELD | `id` must be given once (got it"
                        + " again)",
                "{\"id\":\"\\u0000\"} | INVALID_FIELD | `id` must be without NUL (got one at"
                        + " character 0)",
                "{\"id\":\"\\udc00\"} | INVALID_FIELD | `id` must be without unpaired surrogates"
                        + " (got one at character 0)",
                "[1] | INVALID_JSON | `request` must be a JSON object (got an array)",
                "\"secret\" | INVALID_JSON | `request` must be a JSON object (got a string of 6"
                        + " characters)",
                "null | INVALID_JSON | `request` must be a JSON object (got null)",
                "12 | INVALID_JSON | `request` must be a JSON object (got 12)",
                "secret | INVALID_JSON | `request` must be a JSON object (got a syntax error at"
                        + " line 1, column 1)",
                "{\"id\":\"a\",\"temperature\":NaN} | INVALID_JSON | `request` must be a JSON"
                        + " object (got a syntax error at line 1, column 28)",
            })
    void isADeadLetterWithoutAUsableId(String json, ErrorCode code, String message) {
        assertThat(deadLetter(parse(json)).error())
                .extracting(RequestError::code, RequestError::message)
                .containsExactly(code, message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "{\"id\":\"a\",\"prompt\":\"p\"",
                "{\"id\":\"a\",\"prompt\":\"p\"}}",
                "{\"id\":\"a\",\"prompt\":\"p\"}{\"id\":\"b\",\"prompt\":\"p\"}",
                "{\"id\":\"a\",\"prompt\":\"p\",}",
                "{'id':'a'}",
                "\uFEFF{\"id\":\"a\",\"prompt\":\"p\"}",
                "{\"id\":\"a\",\"prompt\":\"line\nbreak\"}",
                "{\"id\":\"a\",\"prompt\":\"\\x\"}",
                "{\"id\":\"a\",\"max_tokens\":01,\"prompt\":\"p\"}"
            })
    void isADeadLetterIfNotJson(String json) {
        RequestError error = deadLetter(parse(json)).error();

        assertThat(error.code()).isEqualTo(INVALID_JSON);
        assertThat(error.message())
                .matches(
                        "`request` must be a JSON object"
                                + " \\(got a syntax error at line \\d+, column \\d+\\)");
    }

    @Test
    void isADeadLetterIfNotUtf8() {
        byte[] json = request("").getBytes(UTF_8);
        json[7] = (byte) 0xC0;

        RequestError error = deadLetter(PARSER.parse(origin(null, json, Map.of()))).error();

        assertThat(error)
                .isEqualTo(
                        new RequestError(
                                INVALID_JSON,
                                "",
                                "`request` must be UTF-8 (got a malformed character at byte 7)"));
        byte[] utf16 = request("").getBytes(UTF_16LE);
        assertThat(deadLetter(PARSER.parse(origin(null, utf16, Map.of()))).error().code())
                .isEqualTo(INVALID_JSON);
    }

    @Test
    void isADeadLetterIfNestedTooDeep() {
        String json = request("\"x\":" + "[".repeat(500_000) + "]".repeat(500_000));

        RequestError error = deadLetter(parse(json)).error();

        assertThat(error.code()).isEqualTo(INVALID_JSON);
        assertThat(error.message())
                .startsWith("`request` must be nested <= 64 levels (got more at");
        assertThat(requestOf(parse(request("\"x\":" + "[".repeat(63) + "]".repeat(63)))))
                .isNotNull();
    }

    @Test
    void isADeadLetterIfTheParserItselfFails() {
        Origin broken =
                new Origin(
                        "ralm.requests",
                        0,
                        7,
                        0,
                        null,
                        request("").getBytes(UTF_8),
                        List.of("a header without a value"),
                        List.of());

        DeadLetter letter = deadLetter(PARSER.parse(broken));

        assertThat(letter.origin()).isSameAs(broken);
        assertThat(letter.error())
                .isEqualTo(
                        new RequestError(
                                INVALID_JSON,
                                "",
                                "`request` must be one that the parser can read (got a failure of"
                                        + " the parser, ArrayIndexOutOfBoundsException): report"
                                        + " it with the record"));
    }

    @Test
    void doesNotReadARecordBeyondItsBound() {
        String json = "{\"id\":\"a\",\"prompt\":\"" + "x".repeat(10_000_000) + "\"}";
        Origin origin = origin(json);

        DeadLetter letter = deadLetter(PARSER.parse(origin));

        assertThat(letter.error())
                .isEqualTo(
                        new RequestError(
                                REQUEST_TOO_LARGE,
                                "",
                                "`request` must be <= 1048576 bytes (got 10000022): shorten the"
                                        + " prompt"));
        assertThat(letter.origin()).isSameAs(origin);
    }

    @Test
    void takesARecordAtItsBound() {
        String frame = request("\"x\":\"\"");
        String json = request("\"x\":\"" + "x".repeat((1 << 20) - frame.length()) + "\"");

        assertThat(requestOf(parse(json))).isNotNull();
        assertThat(deadLetter(parse(json + " ")).error().code()).isEqualTo(REQUEST_TOO_LARGE);
    }

    @Test
    void aTombstoneCancels() {
        Origin tombstone = origin("a".getBytes(UTF_8), null, Map.of());

        assertThat(accepted(PARSER.parse(tombstone)).id()).isEqualTo("a");
        assertThat(accepted(PARSER.parse(tombstone)).request()).isNull();
    }

    @Test
    void aTombstoneWithoutAUsableKeyIsADeadLetter() {
        byte[] longKey = "k".repeat(257).getBytes(UTF_8);
        byte[] hugeKey = new byte[2_000_000];

        assertThat(deadLetter(PARSER.parse(origin(null, null, Map.of()))).error())
                .isEqualTo(
                        new RequestError(
                                MISSING_FIELD,
                                "id",
                                "`id` must be the key of a record without value (got no key)"));
        assertThat(tombstoneError(new byte[0])).isEqualTo("`id` must be not empty (got \"\")");
        assertThat(tombstoneError(longKey)).isEqualTo("`id` must be <= 256 characters (got 257)");
        assertThat(tombstoneError(hugeKey))
                .isEqualTo("`id` must be <= 256 characters (got a key of 2000000 bytes)");
        assertThat(tombstoneError(new byte[] {'a', (byte) 0xFF}))
                .isEqualTo("`id` must be UTF-8 (got a malformed character at byte 1 of the key)");
    }

    @Test
    void anEmptyValueIsNoTombstone() {
        assertThat(deadLetter(PARSER.parse(origin("a".getBytes(UTF_8), new byte[0], Map.of()))))
                .isNotNull();
    }

    @Test
    void anIdBeyondItsBoundIsNotEchoed() {
        DeadLetter letter = deadLetter(parse("{\"id\":\"" + "s".repeat(300) + "\"}"));

        assertThat(letter.error().message()).isEqualTo("`id` must be <= 256 characters (got 300)");
    }

    @Test
    void namesFromAClosedSetAreEchoedOnlyIfShort() {
        String name = "s".repeat(65);

        assertThat(error(parse(request("\"retrieval\":{\"mode\":\"" + name + "\"}"))).message())
                .isEqualTo(
                        "`retrieval.mode` must be one of baseline, speculative, knn-lm,"
                                + " knn-lm-baseline (got a string of 65 characters)");
    }

    @Test
    void aSubmissionKeepsItsBytesAndBoundedHeaders() {
        Map<String, byte[]> headers = new LinkedHashMap<>();
        for (int i = 0; i < 100; i++) {
            headers.put("h" + i, new byte[10]);
        }
        headers.put("traceparent", "00-trace".getBytes(UTF_8));

        Origin kept =
                accepted(
                                PARSER.parse(
                                        origin(
                                                new byte[100_000],
                                                request("").getBytes(UTF_8),
                                                headers)))
                        .origin();

        assertThat(kept.value()).isEqualTo(request("").getBytes(UTF_8));
        assertThat(kept.key()).isNull();
        assertThat(kept.position()).isEqualTo("ralm.requests-3@1042");
        assertThat(kept.headerNames())
                .hasSize(HeaderList.MAX_COPIED + 1)
                .startsWith("h0", "h1")
                .containsSequence("h30", "traceparent", HeaderList.DROPPED);
        assertThat(kept.headerValues().getLast()).asString(UTF_8).isEqualTo("69");
    }

    @Test
    void refusesDefaultsBeyondTheLimits() {
        RetrievalParameters paper = RequestDefaults.PAPER.retrieval();

        assertRefusedDefaults(2049, paper, "`max_tokens` must be <= its limit 2048 (got 2049)");
        assertRefusedDefaults(
                1,
                paper.with(SpeculationPolicy.fixed(65, 1)),
                "`retrieval.speculation.stride` must be <= its limit 64 (got 65)");
        assertRefusedDefaults(
                1,
                paper.with(SpeculationPolicy.fixed(1, 257)),
                "`retrieval.speculation.prefetch` must be <= its limit 256 (got 257)");
    }

    private static void assertRefusedDefaults(
            int maxTokens, RetrievalParameters retrieval, String message) {
        var defaults = new RequestDefaults(maxTokens, retrieval);

        assertThatThrownBy(() -> new RequestParser(RequestLimits.DEFAULT, defaults))
                .hasMessage("default " + message);
    }

    @Test
    void travelsWithAFlinkJob() throws Exception {
        try (var out = new ObjectOutputStream(new ByteArrayOutputStream())) {
            for (Object object :
                    Arrays.asList(
                            PARSER,
                            new AnswerSerializer(),
                            new DeltaSerializer(),
                            new DeadLetterSerializer())) {
                out.writeObject(object);
            }
        }
    }

    private static String tombstoneError(byte[] key) {
        RequestError error = deadLetter(PARSER.parse(origin(key, null, Map.of()))).error();
        assertThat(error.code()).isEqualTo(INVALID_FIELD);
        return error.message();
    }
}
