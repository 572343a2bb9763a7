package io.ralmspec.knowledge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;

/** The two corpus formats, one passage per line. */
enum PassageFormat {
    /** Columns id, text, title, as in the DPR corpus; a quoted column doubles the quotes in it. */
    TSV {
        @Override
        Passage parse(String line) throws BadLineException {
            List<String> columns = columns(line);
            if (columns.size() != 3) {
                throw new BadLineException("has " + columns.size() + " columns instead of 3");
            }
            return new Passage(columns.get(0), columns.get(2), columns.get(1));
        }
    },
    /** An object with id, text and perhaps title. */
    JSONL {
        @Override
        Passage parse(String line) throws BadLineException {
            try {
                JsonNode json = JSON.readTree(line);
                if (!json.isObject()) {
                    throw new BadLineException("is not a JSON object");
                }
                JsonNode id = json.path("id");
                if (!id.isTextual() && !id.isIntegralNumber()) {
                    throw new BadLineException("has no `id` that is text or a whole number");
                }
                return new Passage(
                        id.asText(), text(json, "title", true), text(json, "text", false));
            } catch (JsonProcessingException e) {
                throw new BadLineException("is not JSON");
            }
        }
    };

    /** Why a line can't be used. Never holds document text. */
    static final class BadLineException extends Exception {
        private static final long serialVersionUID = 1;
        private final String reason;

        BadLineException(String reason) {
            super(reason, null, false, false);
            this.reason = reason;
        }

        String reason() {
            return reason;
        }
    }

    static final String TSV_HEADER = "id\ttext\ttitle";

    private static final ObjectMapper JSON = new ObjectMapper();

    abstract Passage parse(String line) throws BadLineException;

    private static String text(JsonNode json, String field, boolean optional)
            throws BadLineException {
        JsonNode value = json.path(field);
        if (optional && (value.isMissingNode() || value.isNull())) {
            return "";
        }
        if (!value.isTextual()) {
            throw new BadLineException("has no `" + field + "` that is text");
        }
        return value.textValue();
    }

    /**
     * A column is quoted only if it begins with a quote and a quote that is not doubled ends it.
     * Anything else is taken as it stands: many corpora are written without quoting, and a text may
     * begin with a quoted word.
     */
    private static List<String> columns(String line) {
        List<String> columns = new ArrayList<>(3);
        int from = 0;
        while (true) {
            int closing = line.startsWith("\"", from) ? closingQuote(line, from) : -1;
            int end;
            if (closing >= 0) {
                columns.add(line.substring(from + 1, closing).replace("\"\"", "\""));
                end = closing + 1;
            } else {
                int tab = line.indexOf('\t', from);
                end = tab < 0 ? line.length() : tab;
                columns.add(line.substring(from, end));
            }
            if (end == line.length()) {
                return columns;
            }
            from = end + 1;
        }
    }

    /** Where the quoted column that begins at {@code from} ends, or -1 if it is not one. */
    private static int closingQuote(String line, int from) {
        int at = from + 1;
        while (at < line.length()) {
            if (line.charAt(at) != '"') {
                at++;
            } else if (line.startsWith("\"\"", at)) {
                at += 2;
            } else {
                boolean ends = at + 1 == line.length() || line.charAt(at + 1) == '\t';
                return ends ? at : -1;
            }
        }
        return -1;
    }
}
