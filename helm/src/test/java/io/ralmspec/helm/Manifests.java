package io.ralmspec.helm;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What one rendering of the chart gave. */
record Manifests(List<JsonNode> all) {
    List<JsonNode> of(String kind) {
        return all.stream().filter(each -> each.path("kind").asText().equals(kind)).toList();
    }

    /** The one with this kind and name. */
    JsonNode get(String kind, String name) {
        return find(kind, name)
                .orElseThrow(() -> new AssertionError("no %s %s".formatted(kind, name)));
    }

    Optional<JsonNode> find(String kind, String name) {
        return of(kind).stream()
                .filter(each -> each.at("/metadata/name").asText().equals(name))
                .findFirst();
    }

    JsonNode deployment() {
        return get("FlinkDeployment", "ralmspec");
    }

    /** The job's options file. */
    String options() {
        return get("ConfigMap", "ralmspec-options").at("/data/ralmspec.yaml").asText();
    }

    /** The same, read. */
    Map<String, String> optionValues() {
        try {
            return strings(Chart.YAML.readTree(options()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Map<String, String> flinkConfiguration() {
        return strings(deployment().at("/spec/flinkConfiguration"));
    }

    /** Pod template of `jobManager` or `taskManager`. */
    JsonNode pod(String component) {
        return deployment().at("/spec/" + component + "/podTemplate");
    }

    private static Map<String, String> strings(JsonNode node) {
        Map<String, String> values = new LinkedHashMap<>();
        node.properties().forEach(each -> values.put(each.getKey(), each.getValue().asText()));
        return values;
    }
}
