package io.ralmspec.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is switched, the manifests are valid. */
class ChartTest {
    @Test
    void lintFindsNothing() {
        LintResult result = new Helm(Chart.DIRECTORY).lint().strict().call();

        assertThat(result.isFailed()).as("%s", result.getMessages()).isFalse();
        assertThat(result.getMessages()).noneMatch(each -> each.matches("(?s).*(WARNING|ERROR).*"));
    }

    @Test
    void theMinimalExampleIsValid() {
        Manifests manifests = Chart.minimal();

        Kubernetes.check(manifests);
        assertThat(manifests.all().stream().map(each -> each.path("kind").asText()).distinct())
                .containsExactlyInAnyOrder(
                        "FlinkDeployment", "ConfigMap", "ServiceAccount", "Role", "RoleBinding");
    }

    @Test
    void theProductionExampleIsValidAndHasEverything() {
        Manifests manifests = Chart.production();

        Kubernetes.check(manifests);
        assertThat(manifests.all().stream().map(each -> each.path("kind").asText()).distinct())
                .contains(
                        "KafkaTopic",
                        "PodMonitor",
                        "PrometheusRule",
                        "NetworkPolicy",
                        "PodDisruptionBudget");
    }

    @Test
    void aMistypedFieldIsFound() {
        ObjectNode deployment = Chart.minimal().deployment().deepCopy();
        ((ObjectNode) deployment.at("/spec/job")).put("paralelism", 2);
        ObjectNode account = Chart.minimal().of("ServiceAccount").get(0).deepCopy();
        account.put("secretes", "none");
        ObjectNode topic = Chart.production().of("KafkaTopic").get(0).deepCopy();
        ((ObjectNode) topic.path("spec")).put("partition", 8);

        for (JsonNode each : List.of(deployment, account, topic)) {
            assertThatThrownBy(() -> Kubernetes.check(each))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageMatching("(?s).*(paralelism|secretes|partition\").*");
        }
    }

    static Stream<String> switches() {
        List<String> paths = new ArrayList<>();
        collect(Chart.yaml(Chart.DIRECTORY.resolve("values.yaml")), "", paths);
        return paths.stream();
    }

    private static void collect(JsonNode node, String path, List<String> paths) {
        if (node.isBoolean()) {
            paths.add(path);
        }
        node.properties()
                .forEach(
                        each ->
                                collect(
                                        each.getValue(),
                                        path.isEmpty() ? each.getKey() : path + "." + each.getKey(),
                                        paths));
    }

    @Test
    void everySwitchIsTried() {
        assertThat(switches())
                .hasSizeGreaterThan(15)
                .contains("gpu.enabled", "topics.strimzi.enabled", "data.datastore.enabled");
    }

    /** All other values as in the example that has everything. */
    @ParameterizedTest
    @MethodSource("switches")
    void everySwitchGivesValidManifestsOnAndOff(String path) {
        for (boolean on : new boolean[] {true, false}) {
            // One JobManager, as more need high availability.
            Manifests manifests = Chart.production(nested(path, on), "jobManager: {replicas: 1}");

            Kubernetes.check(manifests);
            JobOptionsTest.check(manifests);
        }
    }

    /** `a.b.c` as YAML. */
    static String nested(String path, Object value) {
        StringBuilder yaml = new StringBuilder();
        int braces = 0;
        for (String name : path.split("\\.")) {
            yaml.append(name).append(": {");
            braces++;
        }
        yaml.setLength(yaml.length() - 1);
        return yaml.append(value).append("}".repeat(braces - 1)).toString();
    }

    @Test
    void theVersionIsTheProjects() {
        Path pom = Path.of("pom.xml");

        String version =
                Chart.yaml(Chart.DIRECTORY.resolve("Chart.yaml")).path("appVersion").asText();

        assertThat(pom).content().contains("<version>%s</version>".formatted(version));
    }
}
