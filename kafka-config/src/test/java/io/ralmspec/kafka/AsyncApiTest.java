package io.ralmspec.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The AsyncAPI document says what plan and schemas say. */
class AsyncApiTest {
    private static final JsonNode DOCUMENT = document();

    @ParameterizedTest
    @EnumSource(TopicPlan.Role.class)
    void channelsAreThePlansTopics(TopicPlan.Role role) {
        TopicDefinition topic = TopicPlan.load().topic(role);
        List<JsonNode> channels = new ArrayList<>();
        for (JsonNode channel : DOCUMENT.get("channels")) {
            if (channel.get("address").asText().equals(topic.name())) {
                channels.add(channel);
            }
        }
        assertThat(channels).hasSize(1);
        JsonNode kafka = channels.getFirst().at("/bindings/kafka");
        assertThat(kafka.get("partitions").asInt()).isEqualTo(topic.partitions());
        Map<String, String> config = new TreeMap<>();
        for (Map.Entry<String, JsonNode> each : kafka.get("topicConfiguration").properties()) {
            JsonNode value = each.getValue();
            config.put(each.getKey(), value.isArray() ? value.get(0).asText() : value.asText());
        }
        assertThat(config).isEqualTo(topic.config());
    }

    @Test
    void thereAreNoOtherChannelsAndEachHasAnOperation() {
        assertThat(DOCUMENT.get("channels")).hasSize(TopicPlan.Role.values().length);
        Set<String> used = new HashSet<>();
        for (JsonNode operation : DOCUMENT.get("operations")) {
            assertThat(operation.get("action").asText()).isIn("send", "receive");
            used.add(operation.at("/channel/$ref").asText().replace("#/channels/", ""));
        }
        Set<String> channels = new HashSet<>();
        DOCUMENT.get("channels").fieldNames().forEachRemaining(channels::add);
        assertThat(used).isEqualTo(channels);
    }

    @Test
    void everyReferenceLeadsSomewhereAndEverySchemaIsReferredTo() throws IOException {
        Set<String> schemas = new HashSet<>();
        for (JsonNode reference : DOCUMENT.findValues("$ref")) {
            String target = reference.asText();
            if (target.startsWith("#")) {
                assertThat(DOCUMENT.at(target.substring(1)).isMissingNode()).as(target).isFalse();
            } else {
                try (InputStream schema = Resources.open(target)) {
                    schemas.add(Json.MAPPER.readTree(schema).get("$id").asText());
                }
            }
        }
        Set<String> all = new HashSet<>();
        for (JsonSchemas each : JsonSchemas.values()) {
            all.add(each.node().get("$id").asText());
        }
        assertThat(schemas).isEqualTo(all);
    }

    private static JsonNode document() {
        try (InputStream yaml = Resources.open("asyncapi.yaml")) {
            return new YAMLMapper().readTree(yaml);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
