package io.ralmspec.kafka;

import static java.util.Map.entry;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Map;

/**
 * Fields that senders know from other servers and that would change the result. They are refused by
 * name, never ignored; a value that asks for what happens anyway is let through, as is null.
 */
final class UnsupportedFields {
    private static final String ONLY_NULL = "null";

    /** The value that changes nothing, by field. */
    static final Map<String, String> NEUTRAL =
            Map.ofEntries(
                    entry("model", ONLY_NULL),
                    entry("messages", ONLY_NULL),
                    entry("n", "1"),
                    entry("best_of", "1"),
                    entry("echo", "false"),
                    entry("suffix", ONLY_NULL),
                    entry("logprobs", "false"),
                    entry("top_logprobs", ONLY_NULL),
                    entry("logit_bias", ONLY_NULL),
                    entry("tools", "[]"),
                    entry("tool_choice", ONLY_NULL),
                    entry("response_format", ONLY_NULL),
                    entry("priority", "0"),
                    entry("top_k", ONLY_NULL),
                    entry("min_p", "0"),
                    entry("min_tokens", "0"),
                    entry("max_completion_tokens", ONLY_NULL),
                    entry("presence_penalty", "0"),
                    entry("frequency_penalty", "0"),
                    entry("repetition_penalty", "1"),
                    entry("ignore_eos", "false"),
                    entry("retrieval.k", "1"),
                    entry("retrieval.filter", ONLY_NULL),
                    entry("retrieval.max_stride", ONLY_NULL));

    private UnsupportedFields() {}

    /** What the field must be instead, for a message. */
    static String bound(String field) {
        String neutral = NEUTRAL.getOrDefault(field, ONLY_NULL);
        return neutral.equals(ONLY_NULL) ? "left out" : neutral + " or left out";
    }

    /** Whether the parser's value changes nothing; leaves the parser at the value's end. */
    static boolean isNeutral(String field, JsonParser json) throws IOException {
        String neutral = NEUTRAL.getOrDefault(field, ONLY_NULL);
        return switch (json.currentToken()) {
            case VALUE_NULL -> true;
            case VALUE_TRUE -> neutral.equals("true");
            case VALUE_FALSE -> neutral.equals("false");
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
                    Character.isDigit(neutral.charAt(0))
                            && Double.parseDouble(json.getText()) == Double.parseDouble(neutral);
            case START_ARRAY -> {
                boolean empty = json.nextToken() == JsonToken.END_ARRAY;
                while (!empty && json.currentToken() != JsonToken.END_ARRAY) {
                    json.skipChildren();
                    json.nextToken();
                }
                yield empty && neutral.equals("[]");
            }
            default -> {
                json.skipChildren();
                yield false;
            }
        };
    }
}
