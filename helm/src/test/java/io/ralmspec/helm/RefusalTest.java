package io.ralmspec.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values that would make a wrong deployment are refused, in words that say what to do. */
class RefusalTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    job.parallelism                   | 0                      | at '/job/parallelism': minimum: got 0, want 1
                    job.parallelism                   | 721                    | at '/job/parallelism': maximum: got 721, want 720
                    job.parallelism                   | two                    | at '/job/parallelism': got string, want integer
                    job.parallelisme                  | 2                      | 'parallelisme' not allowed
                    job.upgradeMode                   | restart                | 'savepoint', 'last-state', 'stateless'
                    kafka.bootstrapServers            | kafka                  | at '/kafka/bootstrapServers'
                    kafka.security.protocol           | TLS                    | 'PLAINTEXT', 'SSL'
                    kafka.security.sasl.username      | 'a"b'                  | at '/kafka/security/sasl/username'
                    topics.answers.name               | an answer              | at '/topics/answers/name'
                    topics.answers.partitions         | 0                      | at '/topics/answers/partitions': minimum: got 0, want 1
                    options.model\\.threads           | 4                      | 'model.threads' does not match pattern '^ralmspec
                    state.checkpointsDirectory        | checkpoints            | at '/state/checkpointsDirectory'
                    state.checkpointInterval          | often                  | at '/state/checkpointInterval'
                    taskManager.memory                | much                   | at '/taskManager/memory'
                    taskManager.memoryLimitFactor     | 0.5                    | at '/taskManager/memoryLimitFactor': minimum: got 0.5, want 1
                    taskManager.managedMemoryFraction | 1                      | at '/taskManager/managedMemoryFraction'
                    gpu.count                         | 0                      | at '/gpu/count': minimum: got 0, want 1
                    gpu.resourceName                  | gpu                    | at '/gpu/resourceName'
                    metrics.port                      | 70000                  | at '/metrics/port': maximum: got 70,000, want 65,535
                    fullnameOverride                  | RaLM                   | at '/fullnameOverride'
                    flinkVersion                      | v1_20                  | at '/flinkVersion'
                    """)
    void aValueOfAWrongTypeOrRangeIsNamed(String path, String value, String message) {
        String yaml =
                path.startsWith("options.")
                        ? "options: {model.threads: 4}"
                        : ChartTest.nested(path, value);

        assertThat(Chart.refusal(Chart.MINIMAL, yaml)).contains(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {url: "models.example.com/a", sha256: SUM, path: a}                | /url
                    {url: "https://models.example.com/a", sha256: abc, path: a}         | /sha256
                    {url: "https://models.example.com/a", path: a}                      | missing property 'sha256'
                    {url: "https://models.example.com/a", sha256: SUM, path: ../a}      | /path
                    {url: "https://models.example.com/a", sha256: SUM, path: /a}        | /path
                    {url: "https://models.example.com/a", sha256: SUM, path: .fetched/x} | /path
                    """)
    void aDownloadMustBeCheckableAndStayInItsDirectory(String file, String message) {
        String values =
                "data: {model: {claim: {name: ''}, download: {files: [%s]}}}"
                        .formatted(file.replace("SUM", "0".repeat(64)));

        assertThat(Chart.refusal(Chart.MINIMAL, values)).contains(message);
    }

    @Test
    void allThatIsMissingIsSaidAtOnce() {
        String message =
                Chart.refusal(
                        Chart.MINIMAL,
                        """
                        kafka: {bootstrapServers: ''}
                        data: {model: {claim: {name: ''}}, encoder: {image: {reference: 'a:1'}}}
                        state: {checkpointsDirectory: '', savepointsDirectory: ''}
                        highAvailability: {directory: ''}
                        """);

        assertThat(message)
                .contains(
                        "The values have 6 errors:",
                        "`kafka.bootstrapServers` must be set",
                        "`data.model` must have exactly one of claim.name, image.reference and"
                                + " download.files (got none)",
                        "`data.encoder` must have exactly one of claim.name, image.reference and"
                                + " download.files (got claim.name, image.reference)",
                        "`state.checkpointsDirectory` must be set",
                        "`state.savepointsDirectory` must be set",
                        "`highAvailability.directory` must be set");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    jobManager: {replicas: 2}\\nhighAvailability: {enabled: false}      | jobManager.replicas` must be 1 without
                    state: {checkpointsDirectory: "file:///ralmspec-state/c"}            | state.existingClaim` must be set for file:///ralmspec-state/c
                    kafka: {security: {protocol: SASL_SSL}}                              | kafka.security.sasl.existingSecret` must be set with SASL_SSL
                    kafka: {properties: {ssl.key.password: hunter2}}                     | must not hold secrets, as they go into a ConfigMap: let `ssl.key.password`
                    kafka: {properties: {sasl.jaas.config: 'X required password="y";'}}  | must not hold secrets, as they go into a ConfigMap: let `sasl.jaas.config`
                    options: {ralmspec.kafka.properties.linger.ms: 1}                    | set it in `kafka.properties`
                    flinkConfiguration: {ralmspec.model.threads: 1}                      | set it in `options`
                    flinkConfiguration: {kubernetes.cluster-id: a}                       | must not hold `kubernetes.cluster-id`
                    topics: {answers: {name: ralm.requests}}                             | different names (got ralm.requests twice)
                    topics: {strimzi: {enabled: true}}                                   | topics.strimzi.cluster` must be set
                    data: {datastore: {enabled: true}}                                   | data.datastore` must have exactly one
                    """)
    void whatDoesNotFitTogetherIsRefused(String values, String message) {
        String refusal = Chart.refusal(Chart.MINIMAL, values.replace("\\n", "\n"));

        assertThat(refusal).contains(message).doesNotContain("hunter2");
    }

    @Test
    void aSecretThatIsNamedIsTaken() {
        assertThat(
                        Chart.minimal(
                                        "kafka: {properties: {ssl.key.password: '${env:PASSWORD}',"
                                                + " linger.ms: 5}}")
                                .optionValues())
                .containsEntry("ralmspec.kafka.properties.ssl.key.password", "${env:PASSWORD}")
                .containsEntry("ralmspec.kafka.properties.linger.ms", "5");
    }

    /** A value that the schema does not know could be mistyped without anybody noticing. */
    @Test
    void schemaAndValuesHaveTheSameKeys() {
        List<String> values = new ArrayList<>();
        keys(Chart.yaml(Chart.DIRECTORY.resolve("values.yaml")), "", values);
        List<String> schema = new ArrayList<>();
        schemaKeys(Chart.yaml(Chart.DIRECTORY.resolve("values.schema.json")), "", schema);
        schema.remove(".global");

        assertThat(schema).hasSizeGreaterThan(100).containsExactlyInAnyOrderElementsOf(values);
    }

    private static final List<String> FREE =
            List.of(
                    ".podSecurityContext",
                    ".securityContext",
                    ".networkPolicy.operatorNamespaceSelector",
                    ".networkPolicy.monitoringNamespaceSelector",
                    ".metrics.dashboard.labels");

    private static void keys(JsonNode node, String path, List<String> keys) {
        if (!path.isEmpty()) {
            keys.add(path);
        }
        if (!FREE.contains(path)) {
            node.properties()
                    .forEach(each -> keys(each.getValue(), path + "." + each.getKey(), keys));
        }
    }

    private static void schemaKeys(JsonNode schema, String path, List<String> keys) {
        if (!path.isEmpty()) {
            keys.add(path);
        }
        schema.path("properties")
                .properties()
                .forEach(each -> schemaKeys(each.getValue(), path + "." + each.getKey(), keys));
    }
}
