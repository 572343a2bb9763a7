package io.ralmspec.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.kubernetes.configuration.KubernetesConfigOptions;
import org.apache.flink.kubernetes.kubeclient.FlinkPod;
import org.apache.flink.kubernetes.kubeclient.factory.KubernetesTaskManagerFactory;
import org.apache.flink.kubernetes.kubeclient.parameters.KubernetesTaskManagerParameters;
import org.apache.flink.kubernetes.shaded.io.fabric8.kubernetes.api.model.Container;
import org.apache.flink.kubernetes.shaded.io.fabric8.kubernetes.api.model.EnvVar;
import org.apache.flink.kubernetes.shaded.io.fabric8.kubernetes.api.model.Pod;
import org.apache.flink.kubernetes.shaded.io.fabric8.kubernetes.api.model.Quantity;
import org.apache.flink.kubernetes.shaded.io.fabric8.kubernetes.api.model.Volume;
import org.apache.flink.kubernetes.shaded.io.fabric8.kubernetes.api.model.VolumeMount;
import org.apache.flink.kubernetes.shaded.io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import org.apache.flink.runtime.clusterframework.ContaineredTaskManagerParameters;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.apache.flink.runtime.externalresource.ExternalResourceUtils;
import org.junit.jupiter.api.Test;

/** The pod of a TaskManager as Flink's own code makes it of the chart's template and settings. */
class NativePodTest {
    private static final String MAIN = "flink-main-container";

    @Test
    void itHasItsMemoryAndRoomForThePageCache() {
        Container container = container(pod(Chart.minimal()));

        assertThat(container.getResources().getRequests().get("memory"))
                .isEqualTo(new Quantity("8192Mi"));
        assertThat(container.getResources().getLimits().get("memory"))
                .isEqualTo(new Quantity("12288Mi"));
        assertThat(container.getResources().getLimits().get("cpu")).isEqualTo(new Quantity("4.0"));
    }

    @Test
    void itHasTheGpu() {
        Pod pod = pod(Chart.production());

        assertThat(container(pod).getResources().getLimits().get("nvidia.com/gpu"))
                .isEqualTo(new Quantity("1"));
        assertThat(pod.getSpec().getRuntimeClassName()).isEqualTo("nvidia");
        assertThat(pod.getSpec().getNodeSelector()).containsEntry("gpu", "true");
        assertThat(pod.getSpec().getInitContainers())
                .extracting(Container::getName)
                .containsExactly("gpu-probe", "fetch-encoder");
    }

    @Test
    void itKeepsTheChartsLabelsSoThatPoliciesAndMonitorsFindIt() {
        Pod pod = pod(Chart.production());
        Map<String, String> labels = pod.getMetadata().getLabels();

        assertThat(labels)
                .containsEntry("app.kubernetes.io/instance", "ralmspec")
                .containsEntry("app.kubernetes.io/component", "taskmanager")
                .containsEntry("component", "taskmanager");
        assertThat(container(pod).getPorts())
                .anyMatch(
                        port ->
                                "metrics".equals(port.getName())
                                        && port.getContainerPort() == 9249);
    }

    @Test
    void itMountsEverything() {
        Pod pod = pod(Chart.production());

        assertThat(container(pod).getVolumeMounts())
                .extracting(VolumeMount::getMountPath)
                .contains(
                        "/opt/ralmspec/data/model",
                        "/opt/ralmspec/data/encoder",
                        "/opt/ralmspec/data/knowledge",
                        "/opt/ralmspec/data/datastore",
                        "/opt/ralmspec/options",
                        "/opt/ralmspec/kafka/sasl",
                        "/ralmspec-local",
                        "/ralmspec-state");
        assertThat(pod.getSpec().getVolumes())
                .extracting(Volume::getName)
                .doesNotHaveDuplicates()
                .containsAll(
                        container(pod).getVolumeMounts().stream()
                                .map(VolumeMount::getName)
                                .toList());
        assertThat(container(pod).getEnv()).extracting(EnvVar::getName).contains("DJL_CACHE_DIR");
    }

    @Test
    void itRunsAsTheImagesUser() {
        Pod pod = pod(Chart.minimal());

        assertThat(pod.getSpec().getSecurityContext().getRunAsUser()).isEqualTo(9999);
        assertThat(container(pod).getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
        assertThat(pod.getSpec().getServiceAccountName()).isEqualTo("ralmspec");
    }

    private static Container container(Pod pod) {
        assertThat(pod.getSpec().getContainers()).hasSize(1);
        return pod.getSpec().getContainers().get(0);
    }

    /** As the operator and then Flink's resource manager do. */
    private static Pod pod(Manifests manifests) {
        Configuration configuration = Configuration.fromMap(manifests.flinkConfiguration());
        configuration.setString("kubernetes.cluster-id", "ralmspec");
        configuration.setString("kubernetes.namespace", "models");
        // What Flink takes where nothing is set.
        configuration.setString("taskmanager.rpc.port", "6122");
        configuration.setString(
                "kubernetes.service-account",
                manifests.deployment().at("/spec/serviceAccount").asText());
        configuration.setString(
                "taskmanager.memory.process.size",
                manifests.deployment().at("/spec/taskManager/resource/memory").asText());
        configuration.setString(
                "taskmanager.cpu.cores",
                manifests.deployment().at("/spec/taskManager/resource/cpu").asText());
        TaskExecutorProcessSpec process =
                TaskExecutorProcessUtils.processSpecFromConfig(configuration);
        KubernetesTaskManagerParameters parameters =
                new KubernetesTaskManagerParameters(
                        configuration,
                        "ralmspec-taskmanager-1-1",
                        "",
                        "",
                        ContaineredTaskManagerParameters.create(configuration, process),
                        ExternalResourceUtils.getExternalResourceConfigurationKeys(
                                configuration,
                                KubernetesConfigOptions
                                        .EXTERNAL_RESOURCE_KUBERNETES_CONFIG_KEY_SUFFIX),
                        Set.of());
        return KubernetesTaskManagerFactory.buildTaskManagerKubernetesPod(
                        template(manifests), parameters)
                .getInternalResource();
    }

    private static FlinkPod template(Manifests manifests) {
        ObjectNode template = manifests.pod("taskManager").deepCopy();
        // Flink's classes are older than `image` volumes.
        template.at("/spec/volumes").forEach(each -> ((ObjectNode) each).remove("image"));
        Pod pod = new KubernetesSerialization().unmarshal(template.toString(), Pod.class);
        Container main = container(pod);
        assertThat(main.getName()).isEqualTo(MAIN);
        pod.getSpec().getContainers().clear();
        return new FlinkPod.Builder().withPod(pod).withMainContainer(main).build();
    }
}
