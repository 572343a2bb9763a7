package io.ralmspec.kafka;

import com.fasterxml.jackson.core.JsonParser;
import io.ralmspec.decoding.RequestError;
import java.io.IOException;

/**
 * Values as error messages show them: numbers and short names as they are, any other text only by
 * its length, because it may be part of a prompt.
 */
final class Shown {
    /** Longest text that is shown, in characters. */
    static final int MAX_CHARACTERS = 64;

    /** Longest message that is sent, in UTF-16 units. */
    static final int MAX_MESSAGE = 1000;

    private Shown() {}

    /** The error's message, cut if somebody made it from an exception's endless one. */
    static String message(RequestError error) {
        String message = error.message();
        return message.substring(0, Math.min(message.length(), MAX_MESSAGE));
    }

    /** The parser's current value; of text, the length. */
    static String value(JsonParser json) throws IOException {
        return switch (json.currentToken()) {
            case VALUE_STRING -> "a string of " + characters(json.getText()) + " characters";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(json.getText());
            case START_ARRAY -> "an array";
            case START_OBJECT -> "an object";
            case VALUE_TRUE -> "true";
            case VALUE_FALSE -> "false";
            default -> "null";
        };
    }

    static String number(String text) {
        return text.length() <= MAX_CHARACTERS
                ? text
                : "a number of " + text.length() + " characters";
    }

    /** A name from a closed set, quoted; control characters and odd surrogates escaped. */
    static String name(String text) {
        if (characters(text) > MAX_CHARACTERS) {
            return "a string of " + characters(text) + " characters";
        }
        return '"' + escaped(text.replace("\\", "\\\\").replace("\"", "\\\"")) + '"';
    }

    /** What can't be seen, or would move a terminal's cursor, by its number. */
    static String escaped(String text) {
        var shown = new StringBuilder();
        text.codePoints()
                .forEach(
                        c -> {
                            if (visible(c)) {
                                shown.appendCodePoint(c);
                            } else {
                                shown.append("\\u%04x".formatted(c));
                            }
                        });
        return shown.toString();
    }

    /** Unicode characters, as JSON Schema counts them. */
    static int characters(String text) {
        return text.codePointCount(0, text.length());
    }

    private static boolean visible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.UNASSIGNED,
                    Character.PRIVATE_USE ->
                    false;
            default -> true;
        };
    }
}
