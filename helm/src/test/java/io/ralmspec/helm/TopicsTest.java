package io.ralmspec.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.ralmspec.kafka.StrimziTopics;
import io.ralmspec.kafka.TopicDefinition;
import io.ralmspec.kafka.TopicPlan;
import io.strimzi.api.kafka.model.topic.KafkaTopic;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The chart's topics are those of the topic plan that the job has. */
class TopicsTest {
    private static final String STRIMZI =
            "topics: {strimzi: {enabled: true, cluster: kafka, replicas: 3}}";

    /** Run with -Dralmspec.write-docs=true where it differs. */
    @Test
    void theChartHasACopyOfThePlan() throws IOException {
        Path copy = Chart.DIRECTORY.resolve("files/topics.yaml");
        try (InputStream plan = TopicPlan.class.getResourceAsStream("/topics.yaml")) {
            String text = new String(plan.readAllBytes(), StandardCharsets.UTF_8);
            if (Boolean.getBoolean("ralmspec.write-docs")) {
                Files.writeString(copy, text);
            }
            assertThat(copy).hasContent(text);
        }
    }

    @Test
    void strimziGetsThePlansTopics() {
        Manifests manifests = Chart.minimal(STRIMZI);

        assertThat(topics(manifests)).isEqualTo(planned(TopicPlan.load().topics()));
        for (JsonNode each : manifests.of("KafkaTopic")) {
            KafkaTopic topic = (KafkaTopic) Kubernetes.check(each);
            assertThat(topic.getSpec().getReplicas()).isEqualTo(3);
            assertThat(topic.getSpec().getConfig()).containsEntry("min.insync.replicas", 2);
            assertThat(topic.getMetadata().getLabels())
                    .containsEntry("strimzi.io/cluster", "kafka");
            assertThat(topic.getMetadata().getAnnotations())
                    .containsEntry("helm.sh/resource-policy", "keep");
        }
    }

    @Test
    void theCommandLineGivesStrimziTheSameTopics() throws IOException {
        List<JsonNode> printed = new ArrayList<>();
        for (String each :
                StrimziTopics.yaml(TopicPlan.load(), "kafka", "kafka", 3).split("(?m)^---$")) {
            if (!each.isBlank()) {
                printed.add(new YAMLMapper().readTree(each));
            }
        }

        assertThat(printed)
                .extracting(each -> ((KafkaTopic) Kubernetes.check(each)).getSpec())
                .containsExactlyInAnyOrderElementsOf(
                        Chart.minimal(STRIMZI).of("KafkaTopic").stream()
                                .map(each -> ((KafkaTopic) Kubernetes.check(each)).getSpec())
                                .toList());
    }

    @Test
    void ownNamesPartitionsAndSettingsReachTopicAndJob() {
        Manifests manifests =
                Chart.minimal(
                        STRIMZI,
                        """
                        topics:
                          requests: {name: questions, partitions: 32, config: {retention.ms: 3600000}}
                        """);
        TopicPlan plan = TopicPlan.load();
        Map<String, String> config = new TreeMap<>(plan.requests().config());
        config.put("retention.ms", "3600000");

        assertThat(topics(manifests))
                .isEqualTo(
                        planned(
                                List.of(
                                        new TopicDefinition("questions", 32, config),
                                        plan.answers(),
                                        plan.deltas(),
                                        plan.deadLetters())));
        assertThat(manifests.optionValues())
                .containsEntry("ralmspec.kafka.topic.requests", "questions");
    }

    @Test
    void theyAreWhereStrimziLooks() {
        assertThat(Chart.production().of("KafkaTopic"))
                .hasSize(4)
                .allMatch(each -> each.at("/metadata/namespace").asText().equals("kafka"));
        assertThat(Chart.minimal(STRIMZI).of("KafkaTopic"))
                .allMatch(each -> each.at("/metadata/namespace").asText().equals("models"));
    }

    @Test
    void withoutStrimziThereAreNone() {
        assertThat(Chart.minimal().of("KafkaTopic")).isEmpty();
    }

    /** By name, with what they hold beside replication. */
    private static Map<String, TopicDefinition> topics(Manifests manifests) {
        Map<String, TopicDefinition> topics = new TreeMap<>();
        for (JsonNode each : manifests.of("KafkaTopic")) {
            KafkaTopic topic = (KafkaTopic) Kubernetes.check(each);
            Map<String, String> config = new TreeMap<>();
            topic.getSpec().getConfig().forEach((key, value) -> config.put(key, "" + value));
            config.remove("min.insync.replicas");
            String name = topic.getSpec().getTopicName();
            topics.put(name, new TopicDefinition(name, topic.getSpec().getPartitions(), config));
        }
        return topics;
    }

    private static Map<String, TopicDefinition> planned(List<TopicDefinition> topics) {
        Map<String, TopicDefinition> planned = new TreeMap<>();
        topics.forEach(each -> planned.put(each.name(), each));
        return planned;
    }
}
