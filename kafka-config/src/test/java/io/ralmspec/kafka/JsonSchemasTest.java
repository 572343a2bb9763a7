package io.ralmspec.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.AnswerRecord;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.Delta;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RequestLimits;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class JsonSchemasTest {
    private static final RequestLimits LIMITS = RequestLimits.DEFAULT;

    @ParameterizedTest
    @EnumSource
    void everyExampleValidates(JsonSchemas schema) {
        JsonNode examples = schema.node().path("examples");

        assertThat(examples).isNotEmpty();
        examples.forEach(example -> schema.check(example.toString()));
    }

    @Test
    void theReadersReadTheExamples() {
        for (JsonNode example : JsonSchemas.REQUEST.node().path("examples")) {
            assertThat(TestRecords.requestOf(TestRecords.parse(example.toString())).id())
                    .isEqualTo(example.path("id").textValue());
        }
        for (JsonNode example : JsonSchemas.ANSWER.node().path("examples")) {
            Answer answer = AnswerReader.read(example.toString().getBytes(UTF_8));
            byte[] written =
                    new AnswerSerializer()
                            .serialize(new AnswerRecord(TestRecords.origin("{}"), answer))
                            .value();
            assertThat(new String(written, UTF_8)).isEqualTo(example.toString());
        }
        for (JsonNode example : JsonSchemas.DELTA.node().path("examples")) {
            Delta delta = DeltaReader.read(example.toString().getBytes(UTF_8));
            assertThat(delta.text()).isEqualTo(example.path("text").textValue());
        }
    }

    static List<String> good() {
        return RequestTable.good();
    }

    @ParameterizedTest
    @MethodSource
    void good(String json) {
        JsonSchemas.REQUEST.check(json);
    }

    static List<RequestTable.Bad> bad() {
        return RequestTable.bad();
    }

    @ParameterizedTest
    @MethodSource
    void bad(RequestTable.Bad bad) {
        assertThat(JsonSchemas.REQUEST.accepts(bad.json())).isFalse();
    }

    static Stream<String> withoutAnId() {
        return Stream.of(
                "{\"prompt\":\"p\"}",
                "{\"id\":\"\",\"prompt\":\"p\"}",
                "{\"id\":7,\"prompt\":\"p\"}",
                "{\"id\":\"" + "x".repeat(257) + "\",\"prompt\":\"p\"}",
                "[1]",
                "null");
    }

    @ParameterizedTest
    @MethodSource
    void withoutAnId(String json) {
        assertThat(JsonSchemas.REQUEST.accepts(json)).isFalse();
        TestRecords.deadLetter(TestRecords.parse(json));
    }

    @Test
    void theRequestSchemaHasTheDefaultLimits() {
        assertThat(number("id/maxLength")).isEqualTo(LIMITS.maxIdCharacters());
        assertThat(number("prompt/maxLength")).isEqualTo(LIMITS.maxPromptCharacters());
        assertThat(number("max_tokens/maximum")).isEqualTo(LIMITS.maxTokens());
        assertThat(number("stop/anyOf/1/maxItems")).isEqualTo(LIMITS.maxStop());
        assertThat(JsonSchemas.REQUEST.node().at("/$defs/stopText/maxLength").longValue())
                .isEqualTo(LIMITS.maxStopCharacters());
        assertThat(number("deadline_ms/maximum")).isEqualTo(LIMITS.maxDeadlineMillis());
        assertThat(number("retrieval/properties/stride/maximum")).isEqualTo(LIMITS.maxStride());
        assertThat(number("retrieval/properties/query_tokens/maximum"))
                .isEqualTo(LIMITS.maxQueryTokens());
        assertThat(number("retrieval/properties/speculation/properties/stride/anyOf/0/maximum"))
                .isEqualTo(LIMITS.maxSpeculationStride());
        assertThat(number("retrieval/properties/speculation/properties/prefetch/maximum"))
                .isEqualTo(LIMITS.maxPrefetch());
        String knn = "retrieval/properties/knn/properties/";
        assertThat(number(knn + "temperature/maximum"))
                .isEqualTo((long) KnnParameters.MAX_TEMPERATURE);
        assertThat(number(knn + "k/maximum")).isEqualTo(KnnParameters.MAX_NEIGHBOURS);
        assertThat(number(knn + "successors/maximum")).isEqualTo(KnnParameters.MAX_SUCCESSORS);
        assertThat(number(knn + "prefetch/maximum")).isEqualTo(KnnParameters.MAX_NEIGHBOURS);
        assertThat(number(knn + "cache_entries/maximum"))
                .isEqualTo(KnnParameters.MAX_CACHE_ENTRIES);
        assertThat(JsonSchemas.REQUEST.node().path("description").textValue())
                .contains(LIMITS.maxRequestBytes() + " bytes", Json.MAX_NESTING + " levels");
    }

    @Test
    void theRequestSchemaHasTheDefaultValues() {
        RequestDefaults defaults = RequestDefaults.STANDARD;
        RetrievalParameters retrieval = defaults.retrieval();
        SpeculationPolicy speculation = retrieval.speculation();
        assertThat(number("max_tokens/default")).isEqualTo(defaults.maxTokens());
        assertThat(number("retrieval/properties/stride/default")).isEqualTo(retrieval.stride());
        assertThat(number("retrieval/properties/query_tokens/default"))
                .isEqualTo(retrieval.queryTokens());
        assertThat(at("retrieval/properties/retriever/default").textValue())
                .isEqualTo(retrieval.retriever().wireName());
        assertThat(at("retrieval/properties/mode/default").textValue())
                .isEqualTo(retrieval.mode().wireName());
        assertThat(at("retrieval/properties/scheme/default").textValue())
                .isEqualTo(retrieval.scheme().wireName());
        assertThat(at("retrieval/properties/confidence/default").doubleValue())
                .isEqualTo(retrieval.confidence());
        String policy = "retrieval/properties/speculation/properties/";
        assertThat(at(policy + "stride/default").asText())
                .isEqualTo(
                        speculation.rule() == StrideRule.FIXED
                                ? Integer.toString(speculation.stride())
                                : speculation.rule().wireName());
        assertThat(number(policy + "prefetch/default")).isEqualTo(speculation.prefetch());
        assertThat(at(policy + "async/default").toString())
                .isEqualTo(Boolean.toString(speculation.async()));
        assertThat(at(policy + "recovery/default").toString())
                .isEqualTo(Boolean.toString(speculation.recovery()));
        assertThat(at(policy + "graph/default").toString())
                .isEqualTo(Boolean.toString(speculation.graph()));
        String knn = "retrieval/properties/knn/properties/";
        assertThat(
                        new KnnParameters(
                                at(knn + "lambda/default").doubleValue(),
                                at(knn + "temperature/default").doubleValue(),
                                (int) number(knn + "k/default"),
                                (int) number(knn + "successors/default"),
                                (int) number(knn + "prefetch/default"),
                                (int) number(knn + "cache_entries/default")))
                .isEqualTo(retrieval.knn());
    }

    @Test
    void theSchemasKnowEveryNameOfTheCode() {
        assertThat(names(at("retrieval/properties/retriever/enum")))
                .containsExactlyElementsOf(
                        Stream.of(RetrieverKind.values()).map(RetrieverKind::wireName).toList());
        assertThat(names(at("retrieval/properties/mode/enum")))
                .containsExactlyElementsOf(
                        Stream.of(DecodingMode.values()).map(DecodingMode::wireName).toList());
        assertThat(names(at("retrieval/properties/scheme/enum")))
                .containsExactlyElementsOf(
                        Stream.of(RetrievalScheme.values())
                                .map(RetrievalScheme::wireName)
                                .toList());
        assertThat(names(at("retrieval/properties/speculation/properties/stride/anyOf/1/enum")))
                .containsExactlyElementsOf(
                        Stream.of(StrideRule.values())
                                .filter(rule -> rule != StrideRule.FIXED)
                                .map(StrideRule::wireName)
                                .toList());
        List<String> withNeighbours =
                Stream.of(DecodingMode.values())
                        .filter(DecodingMode::neighbours)
                        .map(DecodingMode::wireName)
                        .toList();
        assertThat(names(at("retrieval/if/properties/mode/enum")))
                .containsExactlyElementsOf(withNeighbours);
        assertThat(names(at("retrieval/then/properties/retriever/enum")))
                .containsExactlyElementsOf(
                        Stream.of(RetrieverKind.values())
                                .filter(RetrieverKind::dense)
                                .map(RetrieverKind::wireName)
                                .toList());
        JsonNode answer = JsonSchemas.ANSWER.node().path("properties");
        assertThat(names(answer.at("/finish_reason/enum")))
                .containsExactlyElementsOf(WireNames.of(FinishReason.class));
        assertThat(names(answer.at("/error/properties/code/enum")))
                .containsExactlyInAnyOrderElementsOf(WireNames.of(ErrorCode.class));
        JsonNode headers = JsonSchemas.DEAD_LETTER_HEADERS.node().path("properties");
        assertThat(names(headers.at("/ralmspec-error-code/enum")))
                .containsExactlyInAnyOrderElementsOf(WireNames.of(ErrorCode.class));
    }

    @Test
    void theRequestSchemaNamesEveryUnsupportedField() {
        Set<String> inSchema = new HashSet<>();
        collectUnsupported("", JsonSchemas.REQUEST.node().path("properties"), inSchema);

        assertThat(inSchema)
                .containsExactlyInAnyOrderElementsOf(UnsupportedFields.NEUTRAL.keySet());
    }

    private static void collectUnsupported(String path, JsonNode properties, Set<String> found) {
        properties
                .properties()
                .forEach(
                        property -> {
                            String name = path + property.getKey();
                            JsonNode schema = property.getValue();
                            if (schema.path("description").asText("").equals("Not supported.")) {
                                found.add(name);
                                List<String> neutral = new ArrayList<>();
                                schema.path("enum").forEach(v -> neutral.add(v.toString()));
                                assertThat(neutral)
                                        .as(name)
                                        .contains(UnsupportedFields.NEUTRAL.get(name));
                            }
                            collectUnsupported(name + ".", schema.path("properties"), found);
                        });
    }

    private static JsonNode at(String path) {
        return JsonSchemas.REQUEST.node().at("/properties/" + path);
    }

    private static long number(String path) {
        JsonNode node = at(path);
        assertThat(node.isIntegralNumber()).as(path).isTrue();
        return node.longValue();
    }

    private static List<String> names(JsonNode enumeration) {
        List<String> names = new ArrayList<>();
        enumeration.forEach(
                name -> {
                    if (name.isTextual()) {
                        names.add(name.textValue());
                    }
                });
        return names;
    }
}
