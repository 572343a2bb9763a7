package io.ralmspec.kafka;

import static io.ralmspec.decoding.ErrorCode.INVALID_FIELD;
import static io.ralmspec.decoding.ErrorCode.MISSING_FIELD;
import static io.ralmspec.decoding.ErrorCode.PROMPT_TOO_LONG;
import static io.ralmspec.decoding.ErrorCode.UNKNOWN_RETRIEVER;
import static io.ralmspec.decoding.ErrorCode.UNSUPPORTED_FIELD;
import static io.ralmspec.kafka.TestRecords.request;

import io.ralmspec.decoding.ErrorCode;
import java.util.ArrayList;
import java.util.List;

/** Requests that parser and schema have to judge alike, and those only a parser can judge. */
final class RequestTable {
    /** A request that is refused, with the error it gets. */
    record Bad(String json, ErrorCode code, String field, String message) {
        @Override
        public String toString() {
            return json.substring(0, Math.min(json.length(), 120));
        }
    }

    private RequestTable() {}

    static List<String> good() {
        return List.of(
                request(""),
                request("\"max_tokens\":1"),
                request("\"max_tokens\":2048"),
                request("\"max_tokens\":16.0"),
                request("\"max_tokens\":1e2"),
                request("\"max_tokens\":null,\"stop\":null,\"seed\":null,\"retrieval\":null"),
                request("\"stop\":\"x\""),
                request("\"stop\":[]"),
                request("\"stop\":[\"a\",\"b\",\"c\",\"d\"]"),
                request("\"stop\":\"" + "x".repeat(256) + "\""),
                request("\"seed\":7"),
                request("\"seed\":-9223372036854775808"),
                request("\"seed\":9223372036854775807"),
                request("\"temperature\":0"),
                request("\"temperature\":-0.0"),
                request("\"temperature\":2"),
                request("\"top_p\":1"),
                request("\"top_p\":1e-9"),
                request("\"stream\":true"),
                request("\"deadline_ms\":1"),
                request("\"deadline_ms\":86400000"),
                request("\"retrieval\":{}"),
                request("\"retrieval\":{\"retriever\":\"hnsw\",\"mode\":\"baseline\"}"),
                request("\"retrieval\":{\"mode\":\"knn-lm\",\"stride\":3}"),
                request("\"retrieval\":{\"mode\":\"knn-lm\",\"scheme\":\"every-stride\"}"),
                request("\"retrieval\":{\"retriever\":\"hnsw\",\"mode\":\"knn-lm-baseline\"}"),
                request("\"retrieval\":{\"knn\":{}}"),
                request("\"retrieval\":{\"knn\":null,\"speculation\":null}"),
                request("\"retrieval\":{\"knn\":{\"lambda\":0,\"temperature\":1e9,\"k\":1}}"),
                request("\"retrieval\":{\"knn\":{\"lambda\":1,\"temperature\":1e-9,\"k\":1024}}"),
                request("\"retrieval\":{\"knn\":{\"successors\":0,\"prefetch\":1}}"),
                request("\"retrieval\":{\"knn\":{\"successors\":256,\"prefetch\":1024}}"),
                request("\"retrieval\":{\"knn\":{\"cache_entries\":65536,\"more\":{\"k\":0}}}"),
                request("\"retrieval\":{\"stride\":64,\"query_tokens\":256}"),
                request("\"retrieval\":{\"speculation\":{\"stride\":64,\"prefetch\":256}}"),
                request("\"retrieval\":{\"speculation\":{\"async\":false,\"recovery\":null}}"),
                request("\"retrieval\":{\"speculation\":{\"recovery\":true,\"graph\":true}}"),
                request("\"retrieval\":{\"speculation\":{\"stride\":\"os3\",\"async\":null}}"),
                request("\"retrieval\":{\"speculation\":{\"stride\":\"continuous\"}}"),
                request("\"retrieval\":{\"speculation\":{\"stride\":null}}"),
                request("\"retrieval\":{\"speculation\":{\"stride\":2.0}}"),
                request("\"retrieval\":{\"scheme\":\"every-stride\",\"confidence\":0.999}"),
                request("\"retrieval\":{\"scheme\":\"iter-retgen\",\"confidence\":null}"),
                request("\"retrieval\":{\"scheme\":\"flare\",\"confidence\":1e-300}"),
                request("\"retrieval\":{\"scheme\":null}"),
                request("\"n\":1,\"logprobs\":false,\"tools\":[],\"priority\":0,\"model\":null"),
                request("\"n\":1.0"),
                request("\"retrieval\":{\"k\":1,\"filter\":null}"),
                request("\"unknown\":{\"deep\":[1,{\"id\":2}]},\"user\":\"u\""),
                request("\"retrieval.stride\":0,\"retrieval\":{\"speculation.stride\":0}"),
                "{\"prompt\":\"" + "é".repeat(65_536) + "\",\"id\":\"" + "😀".repeat(256) + "\"}");
    }

    static List<Bad> bad() {
        List<Bad> bad = new ArrayList<>();
        add(bad, "max_tokens", "0", "must be >= 1 (got 0)");
        add(bad, "max_tokens", "-3", "must be >= 1 (got -3)");
        add(bad, "max_tokens", "9000", "must be <= 2048 (got 9000)");
        add(bad, "max_tokens", "1.5", "must be an integer (got 1.5)");
        add(bad, "max_tokens", "1e999", "must be <= 2048 (got 1e999)");
        add(bad, "max_tokens", "\"12\"", "must be an integer (got a string of 2 characters)");
        add(bad, "max_tokens", "true", "must be an integer (got true)");
        add(bad, "max_tokens", "[1]", "must be an integer (got an array)");
        add(bad, "max_tokens", "{\"a\":{}}", "must be an integer (got an object)");
        add(
                bad,
                "seed",
                "9223372036854775808",
                "must be <= 9223372036854775807 (got 9223372036854775808)");
        add(bad, "temperature", "2.1", "must be in [0, 2] (got 2.1)");
        add(bad, "temperature", "-1", "must be in [0, 2] (got -1)");
        add(bad, "temperature", "1e999", "must be in [0, 2] (got 1e999)");
        add(bad, "temperature", "\"hot\"", "must be a number (got a string of 3 characters)");
        add(bad, "top_p", "0", "must be in (0, 1] (got 0)");
        add(bad, "top_p", "1.01", "must be in (0, 1] (got 1.01)");
        add(bad, "stream", "1", "must be true or false (got 1)");
        add(bad, "stream", "\"yes\"", "must be true or false (got a string of 3 characters)");
        add(bad, "deadline_ms", "0", "must be >= 1 (got 0)");
        add(bad, "deadline_ms", "86400001", "must be <= 86400000 (got 86400001)");
        add(bad, "stop", "5", "must be a string or an array of strings (got 5)");
        add(bad, "stop", "\"\"", "must be not empty (got \"\")");
        add(bad, "stop", "[\"a\",\"b\",\"c\",\"d\",\"e\"]", "must be <= 4 texts (got 5)");
        bad.add(bad("\"stop\":[\"a\",7]", INVALID_FIELD, "stop[1]", "must be a string (got 7)"));
        bad.add(bad("\"stop\":[null]", INVALID_FIELD, "stop[0]", "must be a string (got null)"));
        bad.add(
                bad(
                        "\"stop\":[\"a\",\"" + "x".repeat(257) + "\"]",
                        INVALID_FIELD,
                        "stop[1]",
                        "must be <= 256 characters (got 257)"));
        add(bad, "retrieval", "[]", "must be an object (got an array)");
        nested(bad, "retrieval.stride", "0", "must be >= 1 (got 0)");
        nested(bad, "retrieval.stride", "65", "must be <= 64 (got 65)");
        nested(bad, "retrieval.query_tokens", "257", "must be <= 256 (got 257)");
        String modes = "must be one of baseline, speculative, knn-lm, knn-lm-baseline (got %s)";
        nested(bad, "retrieval.mode", "\"fast\"", modes.formatted("\"fast\""));
        nested(bad, "retrieval.mode", "\"knn_lm\"", modes.formatted("\"knn_lm\""));
        nested(bad, "retrieval.mode", "3", modes.formatted("3"));
        nested(bad, "retrieval.speculation.stride", "0", "must be >= 1 (got 0)");
        nested(bad, "retrieval.speculation.stride", "65", "must be <= 64 (got 65)");
        nested(bad, "retrieval.speculation.stride", "2.5", "must be an integer (got 2.5)");
        String strides = "must be an integer, os3 or continuous (got %s)";
        nested(bad, "retrieval.speculation.stride", "\"x\"", strides.formatted("\"x\""));
        nested(bad, "retrieval.speculation.stride", "\"OS3\"", strides.formatted("\"OS3\""));
        nested(bad, "retrieval.speculation.stride", "\"fixed\"", strides.formatted("\"fixed\""));
        nested(bad, "retrieval.speculation.stride", "\"3\"", strides.formatted("\"3\""));
        nested(bad, "retrieval.speculation.stride", "true", strides.formatted("true"));
        nested(bad, "retrieval.speculation.stride", "[3]", strides.formatted("an array"));
        nested(bad, "retrieval.speculation.stride", "{}", strides.formatted("an object"));
        nested(bad, "retrieval.speculation.prefetch", "0", "must be >= 1 (got 0)");
        nested(bad, "retrieval.speculation.prefetch", "true", "must be an integer (got true)");
        nested(bad, "retrieval.speculation.prefetch", "257", "must be <= 256 (got 257)");
        bad.add(
                bad(
                        "\"retrieval\":{\"retriever\":\"goo\\ngle\"}",
                        UNKNOWN_RETRIEVER,
                        "retrieval.retriever",
                        "must be one of exact, hnsw, bm25 (got \"goo\\u000agle\")"));
        for (String name : List.of("async", "recovery", "graph")) {
            String field = "retrieval.speculation." + name;
            nested(bad, field, "1", "must be true or false (got 1)");
            nested(bad, field, "\"true\"", "must be true or false (got a string of 4 characters)");
            nested(bad, field, "[]", "must be true or false (got an array)");
        }
        nested(
                bad,
                "retrieval.speculation",
                "\"os3\"",
                "must be an object (got a string of 3 characters)");
        String schemes = "must be one of every-stride, iter-retgen, flare (got %s)";
        nested(bad, "retrieval.scheme", "\"FLARE\"", schemes.formatted("\"FLARE\""));
        nested(bad, "retrieval.scheme", "\"every_stride\"", schemes.formatted("\"every_stride\""));
        nested(bad, "retrieval.scheme", "2", schemes.formatted("2"));
        nested(bad, "retrieval.scheme", "{\"a\":1}", schemes.formatted("an object"));
        for (String number : List.of("0", "1", "-0.5", "1.01", "1e999")) {
            String bound = "must be in (0, 1) (got %s)".formatted(number);
            nested(bad, "retrieval.confidence", number, bound);
        }
        nested(bad, "retrieval.confidence", "true", "must be a number (got true)");
        nested(
                bad,
                "retrieval.confidence",
                "\"0.5\"",
                "must be a number (got a string of 3 characters)");
        for (String mode : List.of("knn-lm", "knn-lm-baseline")) {
            bad.add(
                    bad(
                            "\"retrieval\":{\"mode\":\"%s\",\"retriever\":\"bm25\"}"
                                    .formatted(mode),
                            INVALID_FIELD,
                            "retrieval.retriever",
                            "must be exact or hnsw in mode %s (got bm25)".formatted(mode)));
            bad.add(
                    bad(
                            "\"retrieval\":{\"scheme\":\"flare\",\"mode\":\"%s\"}".formatted(mode),
                            INVALID_FIELD,
                            "retrieval.scheme",
                            "must be every-stride in mode %s (got flare)".formatted(mode)));
        }
        for (String number : List.of("-0.1", "1.01", "1e999")) {
            String bound = "must be in [0, 1] (got %s)".formatted(number);
            nested(bad, "retrieval.knn.lambda", number, bound);
        }
        for (String number : List.of("0", "-1", "1000000001", "1e999")) {
            String bound = "must be in (0, 1000000000] (got %s)".formatted(number);
            nested(bad, "retrieval.knn.temperature", number, bound);
        }
        nested(bad, "retrieval.knn.temperature", "[1]", "must be a number (got an array)");
        nested(bad, "retrieval.knn.k", "0", "must be >= 1 (got 0)");
        nested(bad, "retrieval.knn.k", "1025", "must be <= 1024 (got 1025)");
        nested(bad, "retrieval.knn.k", "1.5", "must be an integer (got 1.5)");
        nested(bad, "retrieval.knn.successors", "-1", "must be >= 0 (got -1)");
        nested(bad, "retrieval.knn.successors", "257", "must be <= 256 (got 257)");
        nested(bad, "retrieval.knn.prefetch", "0", "must be >= 1 (got 0)");
        nested(bad, "retrieval.knn.prefetch", "1025", "must be <= 1024 (got 1025)");
        nested(bad, "retrieval.knn.cache_entries", "0", "must be >= 1 (got 0)");
        nested(bad, "retrieval.knn.cache_entries", "65537", "must be <= 65536 (got 65537)");
        nested(bad, "retrieval.knn.cache_entries", "{}", "must be an integer (got an object)");
        nested(bad, "retrieval.knn", "8", "must be an object (got 8)");
        unsupported(bad, "n", "2", "1 or left out");
        unsupported(bad, "logprobs", "true", "false or left out");
        unsupported(bad, "logprobs", "5", "false or left out");
        unsupported(bad, "tools", "[{\"type\":\"function\"},[]]", "[] or left out");
        unsupported(bad, "response_format", "{\"type\":\"json_object\"}", "left out");
        unsupported(bad, "priority", "1", "0 or left out");
        unsupported(bad, "model", "\"gpt\"", "left out");
        unsupported(bad, "messages", "[]", "left out");
        bad.add(
                new Bad(
                        "{\"id\":\"a\"}",
                        MISSING_FIELD,
                        "prompt",
                        "`prompt` must be a string (got nothing)"));
        prompt(bad, "null", INVALID_FIELD, "must be a string (got null)");
        prompt(bad, "\"\"", INVALID_FIELD, "must be not empty (got \"\")");
        prompt(bad, "[\"p\"]", INVALID_FIELD, "must be a string (got an array)");
        prompt(
                bad,
                "\"" + "x".repeat(65_537) + "\"",
                PROMPT_TOO_LONG,
                "must be <= 65536 characters (got 65537)");
        prompt(bad, "\"a\\u0000b\"", INVALID_FIELD, "must be without NUL (got one at character 1)");
        return bad;
    }

    /** What JSON Schema has no word for. */
    static List<Bad> beyondSchema() {
        List<Bad> bad = new ArrayList<>();
        // Validators read such numbers as infinite or zero, or write them out digit by digit.
        add(bad, "max_tokens", "100e2147483647", "must be <= 2048 (got 100e2147483647)");
        add(bad, "max_tokens", "10e2147483648", "must be <= 2048 (got 10e2147483648)");
        add(bad, "max_tokens", "-100e2147483647", "must be >= 1 (got -100e2147483647)");
        add(bad, "max_tokens", "0e2147483648", "must be >= 1 (got 0e2147483648)");
        add(bad, "max_tokens", "100e-2147483647", "must be an integer (got 100e-2147483647)");
        add(
                bad,
                "max_tokens",
                "1e-2147483648",
                "must be an integer in [1, 2048] (got 1e-2147483648)");
        add(
                bad,
                "max_tokens",
                "10e99999999999",
                "must be an integer in [1, 2048] (got 10e99999999999)");
        add(bad, "seed", "100e2147483647", "must be <= 9223372036854775807 (got 100e2147483647)");
        add(bad, "deadline_ms", "1000e2147483647", "must be <= 86400000 (got 1000e2147483647)");
        bad.add(
                bad(
                        "\"max_tokens\":1,\"max_tokens\":2",
                        INVALID_FIELD,
                        "max_tokens",
                        "must be given once (got it again)"));
        bad.add(
                bad(
                        "\"prompt\":\"q\"",
                        INVALID_FIELD,
                        "prompt",
                        "must be given once (got it again)"));
        bad.add(
                bad(
                        "\"retrieval\":{\"stride\":1,\"stride\":1}",
                        INVALID_FIELD,
                        "retrieval.stride",
                        "must be given once (got it again)"));
        bad.add(
                bad(
                        "\"retrieval\":{},\"retrieval\":{\"stride\":0}",
                        INVALID_FIELD,
                        "retrieval",
                        "must be given once (got it again)"));
        bad.add(
                bad(
                        "\"retrieval\":{\"speculation\":{\"stride\":\"os3\",\"stride\":1}}",
                        INVALID_FIELD,
                        "retrieval.speculation.stride",
                        "must be given once (got it again)"));
        // Too close to a bound for 64 bits.
        nested(bad, "retrieval.confidence", "1e-400", "must be in (0, 1) (got 1e-400)");
        nested(
                bad,
                "retrieval.confidence",
                "0.99999999999999999999",
                "must be in (0, 1) (got 0.99999999999999999999)");
        String tiny = "must be in (0, 1000000000] (got 1e-400)";
        nested(bad, "retrieval.knn.temperature", "1e-400", tiny);
        bad.add(
                bad(
                        "\"retrieval\":{\"knn\":{\"k\":1,\"k\":1}}",
                        INVALID_FIELD,
                        "retrieval.knn.k",
                        "must be given once (got it again)"));
        bad.add(bad("\"n\":1,\"n\":1", INVALID_FIELD, "n", "must be given once (got it again)"));
        prompt(
                bad,
                "\"ab\\ud83dc\"",
                INVALID_FIELD,
                "must be without unpaired surrogates (got one at character 2)");
        prompt(
                bad,
                "\"\\ud83d\\ude00\\ude00\"",
                INVALID_FIELD,
                "must be without unpaired surrogates (got one at character 1)");
        add(
                bad,
                "max_tokens",
                "1e99999999999",
                "must be an integer in [1, 2048] (got 1e99999999999)");
        add(
                bad,
                "max_tokens",
                "1" + "0".repeat(2000),
                "must be an integer in [1, 2048] (got a number of 2001 characters)");
        add(bad, "max_tokens", "1e-2147483000", "must be an integer (got 1e-2147483000)");
        return bad;
    }

    private static void add(List<Bad> bad, String field, String value, String message) {
        bad.add(bad("\"%s\":%s".formatted(field, value), INVALID_FIELD, field, message));
    }

    private static void nested(List<Bad> bad, String field, String value, String message) {
        String[] path = field.split("\\.");
        String json = "\"%s\":%s".formatted(path[path.length - 1], value);
        for (int i = path.length - 2; i >= 0; i--) {
            json = "\"%s\":{%s}".formatted(path[i], json);
        }
        bad.add(bad(json, INVALID_FIELD, field, message));
    }

    private static void unsupported(List<Bad> bad, String field, String value, String bound) {
        bad.add(
                bad(
                        "\"%s\":%s".formatted(field, value),
                        UNSUPPORTED_FIELD,
                        field,
                        "must be " + bound + ": it is not supported"));
    }

    private static void prompt(List<Bad> bad, String value, ErrorCode code, String message) {
        bad.add(
                new Bad(
                        "{\"prompt\":%s,\"id\":\"a\"}".formatted(value),
                        code,
                        "prompt",
                        "`prompt` " + message));
    }

    private static Bad bad(String members, ErrorCode code, String field, String message) {
        return new Bad(request(members), code, field, "`%s` %s".formatted(field, message));
    }
}
