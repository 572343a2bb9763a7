package io.ralmspec.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The table of values is made from values.yaml. When it differs, run with
 * -Dralmspec.write-docs=true and look at what changed.
 */
class ChartDocumentationTest {
    private static final Path README = Chart.DIRECTORY.resolve("README.md");
    private static final String BEGIN = "<!-- values: made by ChartDocumentationTest -->\n";
    private static final Pattern KEY = Pattern.compile("^( *)([A-Za-z_]+):(.*)$");

    private record Value(String path, String description, JsonNode standard) {}

    @Test
    void everyValueIsDescribed() {
        assertThat(values())
                .hasSizeGreaterThan(100)
                .allSatisfy(each -> assertThat(each.description()).as(each.path()).isNotBlank());
    }

    @Test
    void theReadmeListsEveryValue() throws IOException {
        StringBuilder table =
                new StringBuilder("| value | default | what it does |\n|---|---|---|\n");
        for (Value each : values()) {
            table.append(
                    "| `%s` | %s | %s |%n"
                            .formatted(each.path(), show(each.standard()), each.description()));
        }
        String readme = Files.readString(README);
        String head = readme.substring(0, readme.indexOf(BEGIN) + BEGIN.length());
        if (Boolean.getBoolean("ralmspec.write-docs")) {
            Files.writeString(README, head + table);
        }
        assertThat(README).hasContent(head + table);
    }

    @Test
    void afterInstallationItIsSaidHowToGoOn() {
        String notes = Chart.notes(Chart.MINIMAL);

        assertThat(notes)
                .contains("ralm.requests, 8 partitions")
                .contains("kubectl -n models get flinkdeployment ralmspec")
                .contains("stopped with a savepoint")
                .contains("WARNING: Kafka is spoken to without encryption");
        assertThat(Chart.notes(Chart.PRODUCTION))
                .doesNotContain("WARNING")
                .doesNotContain("It needs these topics");
        assertThat(Chart.notes(Chart.MINIMAL, "job: {upgradeMode: stateless}"))
                .contains("WARNING: job.upgradeMode is stateless");
    }

    @Test
    void helmTestAsksThroughKafkaAsTheJobDoes() {
        JsonNode pod = Chart.test(Chart.PRODUCTION);
        Kubernetes.check(pod);

        List<String> arguments = new ArrayList<>();
        pod.at("/spec/containers/0/args").forEach(each -> arguments.add(each.asText()));
        assertThat(arguments)
                .contains("--bootstrap-servers", "kafka-kafka-bootstrap.kafka:9093")
                .contains("security.protocol=SASL_SSL")
                .anyMatch(
                        each ->
                                each.contains(
                                        "password=\"${file:/opt/ralmspec/kafka/sasl/password}\""));
        assertThat(pod.at("/spec/volumes").findValuesAsText("secretName"))
                .containsExactly("kafka-cluster-ca-cert", "ralmspec");
    }

    @Test
    void helmTestAsksNobodyWhereTopicsHaveOtherNames() {
        String renamed = "topics: {answers: {name: replies}}";

        assertThatThrownBy(() -> Chart.test(Chart.MINIMAL, renamed))
                .isInstanceOf(AssertionError.class)
                .hasMessage("no Pod ralmspec-test");
        assertThat(Chart.notes(Chart.MINIMAL, renamed))
                .contains("replies, 8 partitions")
                .doesNotContain("helm -n models test");
        assertThat(Chart.notes(Chart.MINIMAL)).contains("helm -n models test ralmspec --logs");
    }

    private static String show(JsonNode node) {
        if (node.isTextual()) {
            return node.asText().isEmpty() ? "empty" : "`" + node.asText() + "`";
        }
        return node.isNull() ? "null" : "`" + node + "`";
    }

    /** In the order of the file. */
    private static List<Value> values() {
        JsonNode standard = Chart.yaml(Chart.DIRECTORY.resolve("values.yaml"));
        JsonNode schema = Chart.yaml(Chart.DIRECTORY.resolve("values.schema.json"));
        List<Value> values = new ArrayList<>();
        Deque<String> path = new ArrayDeque<>();
        String comment = "";
        for (String line : Chart.read(Chart.DIRECTORY.resolve("values.yaml")).lines().toList()) {
            Matcher key = KEY.matcher(line);
            if (line.isBlank()) {
                comment = "";
            } else if (line.stripLeading().startsWith("#")) {
                comment = (comment + " " + line.stripLeading().substring(1).strip()).strip();
            } else if (key.matches()) {
                int depth = key.group(1).length() / 2;
                while (path.size() > depth) {
                    path.removeLast();
                }
                path.addLast(key.group(2));
                String pointer = "/" + String.join("/", path);
                JsonNode inSchema = schema.at("/properties/" + String.join("/properties/", path));
                // What the schema takes as a whole, such as a security context, is one value.
                if (!inSchema.isMissingNode() && !inSchema.has("properties")) {
                    values.add(new Value(String.join(".", path), comment, standard.at(pointer)));
                }
                comment = "";
            }
        }
        return values;
    }
}
