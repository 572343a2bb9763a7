package io.ralmspec.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Requests as nobody should send them: objects of every known field and of unknown ones, in any
 * order, some twice, with values of any type and size; now and then cut, or with bytes that are no
 * UTF-8.
 */
final class HostileJson {
    /** Bytes that UTF-8 forbids: a stray one, overlong forms, surrogates, beyond Unicode, cut. */
    private static final int[][] MALFORMED = {
        {0x80},
        {0xC0, 0x80},
        {0xE0, 0x80, 0xAF},
        {0xED, 0xA0, 0x80},
        {0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80},
        {0xF4, 0x90, 0x80, 0x80},
        {0xF8, 0x88, 0x80, 0x80, 0x80},
        {0xFF},
        {0xE2, 0x82}
    };

    private static final List<String> FIELDS = fields();

    private static final List<String> RETRIEVAL_FIELDS =
            List.of(
                    "retriever",
                    "mode",
                    "scheme",
                    "confidence",
                    "stride",
                    "query_tokens",
                    "k",
                    "filter",
                    "max_stride",
                    "speculation",
                    "knn");

    private static final List<String> SPECULATION_FIELDS =
            List.of("stride", "prefetch", "async", "recovery", "graph", "gamma");

    private static final List<String> KNN_FIELDS =
            List.of(
                    "lambda",
                    "temperature",
                    "k",
                    "successors",
                    "prefetch",
                    "cache_entries",
                    "neighbours");

    private static final List<String> SCALARS =
            List.of(
                    "1",
                    "4",
                    "16",
                    "0",
                    "-1",
                    "-0",
                    "0.5",
                    "1.0",
                    "2048",
                    "2049",
                    "1e2",
                    "1e999",
                    "-1e999",
                    "1e-999",
                    "1E+2147483647",
                    "1e-2147483648",
                    "1e99999999999",
                    "9223372036854775807",
                    "9223372036854775808",
                    "true",
                    "false",
                    "null",
                    "\"\"",
                    "\"exact\"",
                    "\"hnsw\"",
                    "\"bm25\"",
                    "\"speculative\"",
                    "\"baseline\"",
                    "\"knn-lm\"",
                    "\"knn-lm-baseline\"",
                    "\"os3\"",
                    "\"continuous\"",
                    "\"flare\"",
                    "\"every-stride\"",
                    "\"\\u0000\"",
                    "\"\\ud800\"",
                    "\"\\udc00\\ud800\"",
                    "\"\\ud83d\\ude00\"",
                    "\"\u202e\ufeff\"",
                    "NaN",
                    "Infinity",
                    "'x'",
                    "01",
                    "+1",
                    ".5",
                    "tru",
                    "\"\\x\"",
                    "\"\n\"",
                    "/**/1");

    private final Random random;
    private final String secret;

    /**
     * @param secret put into prompts, stop texts and values of the wrong type
     */
    HostileJson(Random random, String secret) {
        this.random = random;
        this.secret = secret;
    }

    private static List<String> fields() {
        List<String> fields =
                new ArrayList<>(
                        List.of(
                                "id",
                                "prompt",
                                "max_tokens",
                                "stop",
                                "temperature",
                                "top_p",
                                "seed",
                                "stream",
                                "deadline_ms",
                                "retrieval",
                                "retrieval.speculation",
                                "retrieval.knn",
                                "user",
                                "",
                                "\\u0069d",
                                "i\\u0000d"));
        fields.addAll(UnsupportedFields.NEUTRAL.keySet());
        // In any order, but the same for the same seed.
        Collections.sort(fields);
        return fields;
    }

    byte[] next() {
        var text = new StringBuilder();
        if (random.nextInt(8) == 0) {
            value(text, 0);
        } else {
            object(text, FIELDS, random.nextInt(12), true);
        }
        if (random.nextInt(10) == 0) {
            text.setLength(random.nextInt(text.length() + 1));
        }
        if (random.nextInt(20) == 0) {
            text.append(random.nextBoolean() ? " {}" : "]");
        }
        byte[] bytes = text.toString().getBytes(UTF_8);
        return random.nextInt(6) == 0 ? malformed(bytes) : bytes;
    }

    private void object(StringBuilder text, List<String> names, int count, boolean withId) {
        text.append('{');
        List<String> members = new ArrayList<>();
        if (withId && random.nextInt(5) != 0) {
            members.add("\"id\":\"h-%d\"".formatted(random.nextInt()));
            if (random.nextInt(5) != 0) {
                members.add("\"prompt\":\"%s\"".formatted(secret));
            }
        }
        for (int i = 0; i < count; i++) {
            members.add(member(names.get(random.nextInt(names.size()))));
        }
        if (!members.isEmpty() && random.nextInt(6) == 0) {
            members.add(members.get(random.nextInt(members.size())));
        }
        Collections.shuffle(members, random);
        text.append(String.join(random.nextInt(50) == 0 ? ",," : ",", members)).append('}');
    }

    private String member(String name) {
        var text = new StringBuilder("\"").append(name).append("\":");
        int kind = random.nextInt(5);
        if (name.equals("retrieval") && kind != 0) {
            object(text, RETRIEVAL_FIELDS, random.nextInt(6), false);
        } else if (name.equals("speculation") && kind != 0) {
            object(text, SPECULATION_FIELDS, random.nextInt(5), false);
        } else if (name.equals("knn") && kind != 0) {
            object(text, KNN_FIELDS, random.nextInt(6), false);
        } else {
            value(text, 0);
        }
        return text.toString();
    }

    private void value(StringBuilder text, int depth) {
        switch (random.nextInt(depth > 3 ? 6 : 9)) {
            case 0 -> text.append('"').append(secret).append('"');
            case 1 -> large(text);
            case 2 -> nested(text);
            case 6 -> {
                text.append('[');
                int size = random.nextInt(6);
                for (int i = 0; i < size; i++) {
                    text.append(i == 0 ? "" : ",");
                    value(text, depth + 1);
                }
                text.append(']');
            }
            case 7 -> object(text, FIELDS, random.nextInt(4), false);
            default -> text.append(SCALARS.get(random.nextInt(SCALARS.size())));
        }
    }

    /** A long number, string or name; mostly a little too long, at times very much so. */
    private void large(StringBuilder text) {
        int length = random.nextInt(40) == 0 ? 900_000 : 1 << random.nextInt(12);
        switch (random.nextInt(5)) {
            case 0 -> text.append("7".repeat(length));
            case 1 -> text.append("0.").append("3".repeat(length)).append("e-5");
            case 2 -> text.append('"').append("\\u00e9".repeat(1 + length / 6)).append('"');
            case 3 -> text.append("{\"").append("n".repeat(length)).append("\":1}");
            default -> text.append('"').append("y".repeat(length)).append('"');
        }
    }

    private void nested(StringBuilder text) {
        int depth = random.nextInt(20) == 0 ? 100_000 : 50 + random.nextInt(30);
        boolean arrays = random.nextBoolean();
        text.append((arrays ? "[" : "{\"d\":").repeat(depth)).append('1');
        text.append((arrays ? "]" : "}").repeat(random.nextInt(8) == 0 ? depth - 1 : depth));
    }

    private byte[] malformed(byte[] bytes) {
        int at = random.nextInt(bytes.length + 1);
        var out = new ByteArrayOutputStream();
        out.write(bytes, 0, at);
        for (int b : MALFORMED[random.nextInt(MALFORMED.length)]) {
            out.write(b);
        }
        out.write(bytes, at, bytes.length - at);
        return out.toByteArray();
    }
}
