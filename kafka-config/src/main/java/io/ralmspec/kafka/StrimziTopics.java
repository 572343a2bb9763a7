package io.ralmspec.kafka;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The plan as resources of Strimzi, the operator that runs Kafka on Kubernetes. */
public final class StrimziTopics {
    private StrimziTopics() {}

    /**
     * Four KafkaTopics of {@code kafka.strimzi.io/v1} in one YAML text.
     *
     * @param cluster name of the Kafka resource that they belong to
     * @param namespace of that resource; null leaves it to {@code kubectl}
     * @param replicationFactor copies of each partition, at least 1
     */
    public static String yaml(
            TopicPlan plan, String cluster, @Nullable String namespace, int replicationFactor) {
        TopicPlan.checked(replicationFactor);
        var mapper = new YAMLMapper();
        var text = new StringBuilder();
        for (TopicPlan.Role role : TopicPlan.Role.values()) {
            try {
                text.append(
                        mapper.writeValueAsString(
                                resource(role, plan, cluster, namespace, replicationFactor)));
            } catch (JsonProcessingException e) {
                throw new UncheckedIOException(e);
            }
        }
        return text.toString();
    }

    private static Map<String, Object> resource(
            TopicPlan.Role role,
            TopicPlan plan,
            String cluster,
            @Nullable String namespace,
            int replicationFactor) {
        TopicDefinition topic = plan.topic(role);
        Map<String, Object> metadata = new LinkedHashMap<>();
        // A topic's name may have what Kubernetes does not allow.
        metadata.put("name", "ralmspec-" + role.name().toLowerCase(Locale.ROOT).replace('_', '-'));
        if (namespace != null) {
            metadata.put("namespace", namespace);
        }
        metadata.put("labels", Map.of("strimzi.io/cluster", cluster));
        Map<String, Object> config = new TreeMap<>();
        TopicCreator.config(topic, replicationFactor)
                .forEach(
                        (key, value) ->
                                config.put(
                                        key,
                                        value.matches("[0-9]{1,18}")
                                                ? Long.valueOf(value)
                                                : value));
        Map<String, Object> spec = new LinkedHashMap<>();
        spec.put("topicName", topic.name());
        spec.put("partitions", topic.partitions());
        spec.put("replicas", replicationFactor);
        spec.put("config", config);
        Map<String, Object> resource = new LinkedHashMap<>();
        resource.put("apiVersion", "kafka.strimzi.io/v1");
        resource.put("kind", "KafkaTopic");
        resource.put("metadata", metadata);
        resource.put("spec", spec);
        return resource;
    }
}
