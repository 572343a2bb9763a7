package io.ralmspec.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** The shipped schemas, compiled. */
enum JsonSchemas {
    REQUEST("request"),
    ANSWER("answer"),
    DELTA("delta"),
    DEAD_LETTER_HEADERS("dead-letter-headers");

    private final JsonNode node;
    private final Schema schema;

    JsonSchemas(String name) {
        try (InputStream stream = Resources.open("schemas/" + name + ".v1.json")) {
            node = Json.MAPPER.readTree(stream);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        schema =
                SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                        .getSchema(node);
    }

    JsonNode node() {
        return node;
    }

    boolean accepts(String json) {
        return schema.validate(json, InputFormat.JSON).isEmpty();
    }

    void check(byte[] json) {
        check(new String(json, StandardCharsets.UTF_8));
    }

    void check(String json) {
        assertThat(schema.validate(json, InputFormat.JSON)).as(json).isEmpty();
    }

    void check(Object value) {
        try {
            check(Json.MAPPER.writeValueAsString(value));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
