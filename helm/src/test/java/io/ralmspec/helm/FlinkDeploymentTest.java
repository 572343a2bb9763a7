package io.ralmspec.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ralmspec.job.RalmSpecJob;
import io.ralmspec.streaming.OperatorUids;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.apache.flink.runtime.jobmanager.HighAvailabilityMode;
import org.apache.flink.runtime.jobmanager.JobManagerProcessUtils;
import org.junit.jupiter.api.Test;

/** The FlinkDeployment runs this job, with settings that Flink knows and memory that adds up. */
class FlinkDeploymentTest {
    @Test
    void itRunsTheJobAndUpgradesItWithSavepoints() {
        JsonNode spec = Chart.minimal().deployment().path("spec");

        assertThat(spec.path("flinkVersion").asText()).isEqualTo("v2_2");
        assertThat(spec.path("mode").asText()).isEqualTo("native");
        assertThat(spec.at("/job/entryClass").asText()).isEqualTo(RalmSpecJob.class.getName());
        assertThat(spec.at("/job/upgradeMode").asText()).isEqualTo("savepoint");
        assertThat(spec.at("/job/args").findParents("none")).isEmpty();
        assertThat(spec.at("/job/args/1").asText())
                .isEqualTo("/opt/ralmspec/options/ralmspec.yaml");
        assertThat(spec.path("serviceAccount").asText()).isEqualTo("ralmspec");
        assertThat(Chart.production().deployment().at("/spec/image").asText()).endsWith("-gpu");
    }

    @Test
    void flinkKnowsEverySetting() {
        for (Manifests each : List.of(Chart.minimal(), Chart.production())) {
            FlinkSettings.check(each.flinkConfiguration());
        }
    }

    /** What the operator's validator asks of savepoint upgrades and of names. */
    @Test
    void theOperatorFindsWhatItNeeds() {
        Manifests manifests = Chart.production();

        assertThat(manifests.flinkConfiguration())
                .containsKeys(
                        "execution.checkpointing.dir",
                        "execution.checkpointing.savepoint-dir",
                        "high-availability.storageDir")
                .containsEntry("high-availability.type", "kubernetes")
                .doesNotContainKeys("kubernetes.cluster-id", "kubernetes.namespace");
        assertThat(HighAvailabilityMode.fromConfig(configuration(manifests)))
                .isEqualTo(HighAvailabilityMode.KUBERNETES);
        String longName = "a".repeat(60);
        assertThat(
                        Chart.minimal("nameOverride: " + "b".repeat(45))
                                .of("FlinkDeployment")
                                .get(0)
                                .at("/metadata/name")
                                .asText())
                .matches("[a-z]([-a-z\\d]{0,43}[a-z\\d])?");
        assertThat(Chart.refusal(Chart.MINIMAL, "fullnameOverride: " + longName))
                .contains("maxLength: got 60, want 45");
    }

    @Test
    void memoryAddsUpAndLeavesAHeap() {
        for (Manifests each : List.of(Chart.minimal(), Chart.production())) {
            JsonNode spec = each.deployment().path("spec");
            Configuration configuration = configuration(each);
            configuration.setString(
                    "taskmanager.memory.process.size",
                    spec.at("/taskManager/resource/memory").asText());
            configuration.setString(
                    "jobmanager.memory.process.size",
                    spec.at("/jobManager/resource/memory").asText());

            TaskExecutorProcessSpec worker =
                    TaskExecutorProcessUtils.processSpecFromConfig(configuration);
            JobManagerProcessUtils.processSpecFromConfig(configuration);

            assertThat(worker.getTaskHeapSize()).isGreaterThan(MemorySize.parse("1500m"));
            assertThat(worker.getTaskOffHeapSize()).isGreaterThanOrEqualTo(MemorySize.parse("3g"));
        }
    }

    @Test
    void taskManagersHaveTheVectorApi() {
        assertThat(
                        Chart.minimal("taskManager: {javaOptions: -XX:+UseZGC}")
                                .flinkConfiguration()
                                .get("env.java.opts.taskmanager"))
                .contains(
                        "--add-modules jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+UseZGC");
    }

    @Test
    void ownSettingsOfFlinkWin() {
        assertThat(
                        Chart.minimal(
                                        """
                                        flinkConfiguration:
                                          execution.checkpointing.num-retained: 7
                                          taskmanager.memory.network.max: 1000000000b
                                          rest.port: 18081
                                        """)
                                .flinkConfiguration())
                .containsEntry("execution.checkpointing.num-retained", "7")
                .containsEntry("rest.port", "18081");
    }

    @Test
    void changedOptionsRestartTheJobAndNothingElseDoes() {
        String first = hash(Chart.minimal());

        assertThat(hash(Chart.minimal("test: {enabled: false}"))).isEqualTo(first);
        assertThat(hash(Chart.minimal("options: {ralmspec.job.max-in-flight: 65}")))
                .isNotEqualTo(first);
    }

    private static String hash(Manifests manifests) {
        JsonNode annotations = manifests.pod("jobManager").at("/metadata/annotations");
        assertThat(annotations).isEqualTo(manifests.pod("taskManager").at("/metadata/annotations"));
        return annotations.path("ralmspec.io/options").asText();
    }

    @Test
    void aGpuIsAskedForProbedAndUsed() {
        Manifests manifests = Chart.production();
        JsonNode pod = manifests.pod("taskManager").path("spec");

        assertThat(manifests.flinkConfiguration())
                .containsEntry("external-resource.gpu.amount", "1")
                .containsEntry("external-resource.gpu.kubernetes.config-key", "nvidia.com/gpu");
        assertThat(pod.path("runtimeClassName").asText()).isEqualTo("nvidia");
        assertThat(pod.at("/initContainers/0/name").asText()).isEqualTo("gpu-probe");
        assertThat(pod.at("/initContainers/0/resources/limits").path("nvidia.com/gpu").asInt())
                .isEqualTo(1);
        assertThat(manifests.pod("jobManager").at("/spec/runtimeClassName").isMissingNode())
                .isTrue();
        assertThat(manifests.pod("jobManager").at("/spec/initContainers").isMissingNode()).isTrue();
        assertThat(Chart.minimal().deployment().toString()).doesNotContain("nvidia");
    }

    @Test
    void dataComeFromAClaimAnImageOrADownload() {
        JsonNode pod = Chart.production().pod("taskManager").path("spec");
        Map<String, JsonNode> volumes = byName(pod.path("volumes"));
        Map<String, JsonNode> mounts = byName(pod.at("/containers/0/volumeMounts"));

        assertThat(volumes.get("model").at("/image/reference").asText())
                .isEqualTo("registry.example.com/models/gpt2:1");
        assertThat(mounts.get("model").path("subPath").asText()).isEqualTo("model");
        assertThat(volumes.get("encoder").has("emptyDir")).isTrue();
        assertThat(volumes.get("knowledge").at("/persistentVolumeClaim/claimName").asText())
                .isEqualTo("wikipedia");
        assertThat(mounts.get("datastore").path("subPath").asText()).isEqualTo("datastore");
        for (String each : List.of("model", "encoder", "knowledge", "datastore")) {
            assertThat(mounts.get(each).path("readOnly").asBoolean()).isTrue();
            assertThat(mounts.get(each).path("mountPath").asText())
                    .isEqualTo("/opt/ralmspec/data/" + each);
        }
        JsonNode fetch = pod.at("/initContainers/1");
        assertThat(fetch.path("name").asText()).isEqualTo("fetch-encoder");
        assertThat(fetch.path("args")).hasSize(4);
        assertThat(fetch.at("/env/0/name").asText()).isEqualTo("NETRC_FILE");
    }

    @Test
    void everyMountHasItsVolume() {
        for (Manifests manifests : List.of(Chart.minimal(), Chart.production())) {
            for (String component : List.of("jobManager", "taskManager")) {
                JsonNode spec = manifests.pod(component).path("spec");
                Map<String, JsonNode> volumes = byName(spec.path("volumes"));
                assertThat(volumes).hasSameSizeAs(spec.path("volumes"));
                assertThat(volumes.keySet())
                        .containsAll(byName(spec.at("/containers/0/volumeMounts")).keySet());
                spec.path("initContainers")
                        .forEach(
                                each ->
                                        assertThat(volumes.keySet())
                                                .containsAll(
                                                        byName(each.path("volumeMounts"))
                                                                .keySet()));
            }
        }
    }

    @Test
    void parallelismStopsAtTheMaximumOfTheState() {
        assertThat(
                        Chart.yaml(Chart.DIRECTORY.resolve("values.schema.json"))
                                .at("/properties/job/properties/parallelism/maximum")
                                .asInt())
                .isEqualTo(OperatorUids.MAX_PARALLELISM);
    }

    private static Configuration configuration(Manifests manifests) {
        return Configuration.fromMap(manifests.flinkConfiguration());
    }

    private static Map<String, JsonNode> byName(JsonNode list) {
        Map<String, JsonNode> byName = new TreeMap<>();
        list.forEach(each -> byName.put(each.path("name").asText(), each));
        return byName;
    }
}
