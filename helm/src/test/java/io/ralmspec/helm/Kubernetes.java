package io.ralmspec.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.strimzi.api.kafka.model.topic.KafkaTopic;
import java.util.Map;

/**
 * Checks manifests: a FlinkDeployment against the operator's CRD, and its pod templates and all
 * others against the classes of fabric8 (Kubernetes, Prometheus operator) and Strimzi, where no
 * field may be unknown or have another type.
 */
final class Kubernetes {
    private static final Map<String, Class<? extends HasMetadata>> TYPES =
            Map.of(
                    "v1/ConfigMap", ConfigMap.class,
                    "v1/Pod", Pod.class,
                    "v1/ServiceAccount", ServiceAccount.class,
                    "rbac.authorization.k8s.io/v1/Role", Role.class,
                    "rbac.authorization.k8s.io/v1/RoleBinding", RoleBinding.class,
                    "networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class,
                    "policy/v1/PodDisruptionBudget", PodDisruptionBudget.class,
                    "monitoring.coreos.com/v1/PodMonitor", PodMonitor.class,
                    "monitoring.coreos.com/v1/PrometheusRule", PrometheusRule.class,
                    "kafka.strimzi.io/v1/KafkaTopic", KafkaTopic.class);

    /** These classes would put what they do not know into a map. */
    private static final ObjectMapper STRICT =
            JsonMapper.builder()
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .annotationIntrospector(
                            new JacksonAnnotationIntrospector() {
                                private static final long serialVersionUID = 1L;

                                @Override
                                public Boolean hasAnySetter(Annotated member) {
                                    return false;
                                }
                            })
                    .build();

    private Kubernetes() {}

    static void check(Manifests manifests) {
        assertThat(manifests.all()).isNotEmpty();
        manifests.all().forEach(Kubernetes::check);
    }

    /** As its class; fails where a field is unknown. */
    static HasMetadata check(JsonNode manifest) {
        String type = manifest.path("apiVersion").asText() + "/" + manifest.path("kind").asText();
        if (type.equals("flink.apache.org/v1beta1/FlinkDeployment")) {
            FlinkCrd.check(manifest);
            check(manifest.at("/spec/taskManager/podTemplate"));
            return check(manifest.at("/spec/jobManager/podTemplate"));
        }
        Class<? extends HasMetadata> model = TYPES.get(type);
        assertThat(model).as("a class for %s", type).isNotNull();
        try {
            return STRICT.treeToValue(manifest, model);
        } catch (JsonProcessingException e) {
            throw new AssertionError(
                    "%s in\n%s".formatted(e.getMessage(), manifest.toPrettyString()), e);
        }
    }
}
