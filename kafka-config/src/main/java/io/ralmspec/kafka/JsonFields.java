package io.ralmspec.kafka;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Predicate;

/**
 * The members of a JSON object that this project wrote, for the readers of answers and deltas.
 * Unknown members are ignored; a known one that is missing or of another type is an {@link
 * IllegalArgumentException} that names it.
 */
record JsonFields(JsonNode node, String path) {
    static JsonFields of(byte[] bytes) {
        JsonNode node;
        try {
            node = Json.MAPPER.readTree(bytes);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("record must be JSON (got something else)", e);
        } catch (IOException e) {
            throw new UncheckedIOException("reading memory can't fail", e);
        }
        if (node == null || !node.isObject()) {
            throw new IllegalArgumentException("record must be a JSON object");
        }
        return new JsonFields(node, "");
    }

    boolean has(String name) {
        return node.hasNonNull(name);
    }

    String text(String name) {
        return get(name, "a string", JsonNode::isTextual).textValue();
    }

    int integer(String name) {
        return get(name, "an integer", JsonNode::isInt).intValue();
    }

    double number(String name) {
        return get(name, "a number", JsonNode::isNumber).doubleValue();
    }

    float shortNumber(String name) {
        return get(name, "a number", JsonNode::isNumber).floatValue();
    }

    boolean bool(String name) {
        return get(name, "true or false", JsonNode::isBoolean).booleanValue();
    }

    JsonFields object(String name) {
        return new JsonFields(get(name, "an object", JsonNode::isObject), path + name + ".");
    }

    JsonNode array(String name) {
        return get(name, "an array", JsonNode::isArray);
    }

    <E extends Enum<E>> E name(String name, Class<E> type) {
        String value = text(name);
        return WireNames.value(type, value)
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "`%s%s` must be one of %s (got %s): is the sender newer?"
                                                .formatted(
                                                        path,
                                                        name,
                                                        String.join(", ", WireNames.of(type)),
                                                        Shown.name(value))));
    }

    private JsonNode get(String name, String type, Predicate<JsonNode> isOfType) {
        JsonNode value = node.path(name);
        if (!isOfType.test(value)) {
            throw new IllegalArgumentException(
                    "`%s%s` must be %s (got %s)"
                            .formatted(
                                    path,
                                    name,
                                    type,
                                    value.isMissingNode()
                                            ? "nothing"
                                            : WireNames.of(value.getNodeType())));
        }
        return value;
    }
}
