package io.ralmspec.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;

/**
 * The schema of a FlinkDeployment, from the operator's CRD in its newest artifact (1.10), with two
 * changes for operators that run Flink 2.2: the version's name, and `image` volumes. Fields that it
 * does not know are refused, as `kubectl --validate=strict` does.
 */
final class FlinkCrd {
    private static final Schema SCHEMA = load();

    private FlinkCrd() {}

    static void check(JsonNode deployment) {
        assertThat(SCHEMA.validate(deployment.toString(), InputFormat.JSON)).isEmpty();
    }

    private static Schema load() {
        try (InputStream crd =
                FlinkCrd.class.getResourceAsStream(
                        "/META-INF/fabric8/flinkdeployments.flink.apache.org-v1.yml")) {
            JsonNode schema =
                    Chart.YAML.readTree(crd).at("/spec/versions/0/schema/openAPIV3Schema");
            ObjectNode spec = (ObjectNode) schema.at("/properties/spec/properties");
            ((ArrayNode) spec.at("/flinkVersion/enum")).add("v2_2");
            for (String component : new String[] {"jobManager", "taskManager"}) {
                ((ObjectNode)
                                spec.at(
                                        "/%s/properties/podTemplate/properties/spec/properties/volumes/items/properties"
                                                .formatted(component)))
                        .putObject("image")
                        .put("type", "object");
            }
            close(schema);
            // The apiVersion, kind and metadata are of every resource.
            ObjectNode top = (ObjectNode) schema.path("properties");
            for (String each : new String[] {"apiVersion", "kind"}) {
                top.putObject(each).put("type", "string");
            }
            top.putObject("metadata").put("type", "object");
            return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7)
                    .getSchema(schema);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Refuses unknown fields, and drops what only Kubernetes knows. */
    private static void close(JsonNode schema) {
        if (schema instanceof ObjectNode object
                && object.path("properties").isObject()
                && !object.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
            object.put("additionalProperties", false);
        }
        if (schema instanceof ObjectNode object) {
            object.remove("x-kubernetes-int-or-string");
        }
        schema.forEach(FlinkCrd::close);
    }
}
