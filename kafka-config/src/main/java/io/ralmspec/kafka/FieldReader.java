package io.ralmspec.kafka;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.RequestError;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the parser's current value as one type within bounds. A value that does not fit is skipped
 * and the first such error kept; the caller gets the fallback and goes on. JSON null is absent. A
 * field that comes twice is an error, since readers differ in which one they take.
 */
final class FieldReader {
    /** Longest number worth converting when an integer of at most 64 bits is wanted. */
    private static final int MAX_INTEGER_CHARACTERS = 40;

    private final JsonParser json;
    private final Set<String> seen = new HashSet<>();
    private @Nullable RequestError error;
    private @Nullable RequestError idError;

    FieldReader(JsonParser json) {
        this.json = json;
    }

    /** The first error of any field but {@code id}. */
    @Nullable RequestError error() {
        return error;
    }

    /** The first error of {@code id}. */
    @Nullable RequestError idError() {
        return idError;
    }

    boolean saw(String field) {
        return seen.contains(field);
    }

    void fail(ErrorCode code, String field, String bound) {
        if (field.equals("id")) {
            idError = idError == null ? failure(code, field, bound) : idError;
        } else {
            error = error == null ? failure(code, field, bound) : error;
        }
    }

    private static RequestError failure(ErrorCode code, String field, String bound) {
        return new RequestError(code, field, "`%s` must be %s".formatted(field, bound));
    }

    long integer(String field, long min, long max, long fallback) throws IOException {
        if (absent(field)) {
            return fallback;
        }
        if (!json.currentToken().isNumeric()) {
            wrongType(field, "an integer");
            return fallback;
        }
        String text = json.getText();
        String got = " (got %s)".formatted(Shown.number(text));
        BigDecimal value = decimal(text);
        if (value == null) {
            invalid(field, "an integer in [%d, %d]".formatted(min, max) + got);
            return fallback;
        }
        // Stripping zeros fails at the smallest scales, and below 0 there is nothing to find.
        if (value.scale() > 0 && value.stripTrailingZeros().scale() > 0) {
            invalid(field, "an integer" + got);
            return fallback;
        }
        if (value.compareTo(BigDecimal.valueOf(min)) < 0) {
            invalid(field, ">= " + min + got);
            return fallback;
        }
        if (value.compareTo(BigDecimal.valueOf(max)) > 0) {
            invalid(field, "<= " + max + got);
            return fallback;
        }
        return value.longValueExact();
    }

    int integer(String field, int min, int max, int fallback) throws IOException {
        return (int) integer(field, (long) min, max, fallback);
    }

    double number(String field, Interval range, double fallback) throws IOException {
        if (absent(field)) {
            return fallback;
        }
        if (!json.currentToken().isNumeric()) {
            wrongType(field, "a number");
            return fallback;
        }
        // Adding 0 turns -0 into 0. A number like 1e999 becomes infinite, thus out of range.
        double value = Double.parseDouble(json.getText()) + 0.0;
        if (!range.contains(value)) {
            invalid(field, "in %s (got %s)".formatted(range, Shown.number(json.getText())));
            return fallback;
        }
        return value;
    }

    boolean bool(String field, boolean fallback) throws IOException {
        if (absent(field)) {
            return fallback;
        }
        if (!json.currentToken().isBoolean()) {
            wrongType(field, "true or false");
            return fallback;
        }
        return json.getBooleanValue();
    }

    /** The text, or null after an error. Not for optional fields: null is an error here. */
    @Nullable String text(String field, ErrorCode tooLong, int maxCharacters) throws IOException {
        return repeated(field) ? null : element(field, tooLong, maxCharacters);
    }

    /** The same for a value in an array. */
    @Nullable String element(String field, ErrorCode tooLong, int maxCharacters)
            throws IOException {
        if (json.currentToken() != JsonToken.VALUE_STRING) {
            wrongType(field, "a string");
            return null;
        }
        String text = json.getText();
        String problem = textProblem(text, maxCharacters);
        if (problem != null) {
            boolean isTooLong = Shown.characters(text) > maxCharacters;
            fail(isTooLong ? tooLong : ErrorCode.INVALID_FIELD, field, problem);
            return null;
        }
        return text;
    }

    /** One of some names; anything else is an error with this code. */
    @Nullable String name(String field, ErrorCode unknown, List<String> names) throws IOException {
        return name(field, unknown, names, "one of " + String.join(", ", names));
    }

    /** The same where there is more to say of what the field must be. */
    @Nullable String name(String field, ErrorCode unknown, List<String> names, String bound)
            throws IOException {
        if (absent(field)) {
            return null;
        }
        if (json.currentToken() != JsonToken.VALUE_STRING) {
            wrongType(field, bound);
            return null;
        }
        String name = json.getText();
        if (!names.contains(name)) {
            fail(unknown, field, "%s (got %s)".formatted(bound, Shown.name(name)));
            return null;
        }
        return name;
    }

    /** Whether an object starts here that the caller is to read. */
    boolean object(String field) throws IOException {
        if (absent(field)) {
            return false;
        }
        if (json.currentToken() != JsonToken.START_OBJECT) {
            wrongType(field, "an object");
            return false;
        }
        return true;
    }

    /** Refuses the field unless its value asks for nothing. */
    void unsupported(String field) throws IOException {
        if (absent(field)) {
            return;
        }
        if (!UnsupportedFields.isNeutral(field, json)) {
            fail(
                    ErrorCode.UNSUPPORTED_FIELD,
                    field,
                    UnsupportedFields.bound(field) + ": it is not supported");
        }
    }

    /** Whether there is nothing to read: null, or the field's second time, which is an error. */
    boolean absent(String field) throws IOException {
        return repeated(field) || json.currentToken() == JsonToken.VALUE_NULL;
    }

    void wrongType(String field, String type) throws IOException {
        invalid(field, "%s (got %s)".formatted(type, Shown.value(json)));
        json.skipChildren();
    }

    void invalid(String field, String bound) {
        fail(ErrorCode.INVALID_FIELD, field, bound);
    }

    /** What a text that must be sent and kept as it is must be instead, or null if it is fine. */
    static @Nullable String textProblem(String text, int maxCharacters) {
        int characters = Shown.characters(text);
        if (characters == 0) {
            return "not empty (got \"\")";
        }
        if (characters > maxCharacters) {
            return "<= %d characters (got %d)".formatted(maxCharacters, characters);
        }
        int nul = text.indexOf('\0');
        if (nul >= 0) {
            return "without NUL (got one at character %d)".formatted(text.codePointCount(0, nul));
        }
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            // A paired surrogate is read as one code point beyond U+FFFF.
            int c = text.codePointAt(i);
            if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
                return "without unpaired surrogates (got one at character %d)"
                        .formatted(text.codePointCount(0, i));
            }
        }
        return null;
    }

    private boolean repeated(String field) throws IOException {
        if (seen.add(field)) {
            return false;
        }
        invalid(field, "given once (got it again)");
        json.skipChildren();
        return true;
    }

    private static @Nullable BigDecimal decimal(String text) {
        if (text.length() > MAX_INTEGER_CHARACTERS) {
            return null;
        }
        try {
            return new BigDecimal(text);
        } catch (NumberFormatException e) {
            // The exponent has more than 32 bits.
            return null;
        }
    }
}
