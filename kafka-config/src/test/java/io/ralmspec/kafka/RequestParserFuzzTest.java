package io.ralmspec.kafka;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.Submission;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RequestParserFuzzTest {
    private static final int CASES = 20_000;
    private static final int HOSTILE_CASES = 20_000;

    /** Longer than anything a message may echo, so that any sight of it is a leak. */
    private static final String SECRET = "q7Zx".repeat(30);

    private static final List<String> VALUES =
            List.of(
                    "1e999",
                    "-1",
                    "0",
                    "1.5",
                    "true",
                    "null",
                    "[]",
                    "{}",
                    "\"\\ud800\"",
                    "NaN",
                    "\"\\u0000\"",
                    "[[[[]]]]",
                    "{\"id\":\"z\"}",
                    "99999999999999999999",
                    "\"os3\"",
                    "\"continuous\"",
                    "\"iter-retgen\"",
                    "\"knn-lm\"",
                    "\"" + SECRET + "\"",
                    "[\"" + SECRET + "\"]",
                    "\"exact\"",
                    "-0",
                    "1e-400",
                    "\"\"",
                    "[".repeat(70),
                    "[".repeat(70) + "]".repeat(70),
                    "\"é😀\"");

    private static final String VALID =
            """
            {"id":"fuzz-1","prompt":"%s","max_tokens":64,"stop":["a","b"],"temperature":0.5,
            "top_p":0.9,"seed":42,"stream":true,"deadline_ms":1500,"n":1,"user":{"x":[1,2]},
            "retrieval":{"retriever":"bm25","mode":"baseline","scheme":"flare","confidence":0.5,"stride":8,"query_tokens":16,
            "k":1,"speculation":{"stride":5,"prefetch":20,"async":false,"recovery":true,"graph":false},
            "knn":{"lambda":0.5,"temperature":20,"k":64,"successors":10,"prefetch":8,"cache_entries":100,"x":0}}}\
            """
                    .formatted(SECRET);

    private static final List<String> INTEGER_FIELDS =
            List.of(
                    "max_tokens",
                    "seed",
                    "deadline_ms",
                    "stride",
                    "query_tokens",
                    "prefetch",
                    "temperature",
                    "successors",
                    "cache_entries",
                    "n",
                    "k");

    private static final List<String> DIGITS =
            List.of("1", "-1", "0", "10", "100", "-1000", "0.1", "1.50", "0.000", "9".repeat(25));

    private static final long[] EXPONENTS = {
        0, 18, 308, Integer.MAX_VALUE, 1L << 32, Long.MAX_VALUE - 3
    };

    private static final String AFTER_PROMPT = VALID.substring(VALID.indexOf("\"max_tokens"));

    @Test
    void anyBytesHaveExactlyOneOutcomeThatDoesNotShowThePrompt() {
        long seed = Seed.get();
        var random = new Random(seed);
        int[] outcomes = new int[3];
        double before = CpuClock.seconds();
        for (int i = 0; i < CASES; i++) {
            byte[] value = value(random);
            byte[] key = random.nextInt(4) == 0 ? bytes(random, 300) : null;
            Origin origin = TestRecords.origin(key, value, Map.of());
            String where =
                    "seed=%d case=%d value=%s"
                            .formatted(seed, i, value == null ? null : new String(value, UTF_8));
            try {
                outcomes[check(TestRecords.PARSER.parse(origin), origin)]++;
            } catch (Throwable e) {
                throw new AssertionError(where, e);
            }
        }
        double seconds = CpuClock.seconds() - before;
        for (int count : outcomes) {
            assertThat(count).as("seed=%d", seed).isGreaterThan(CASES / 50);
        }
        assertThat(seconds).as("seed=%d", seed).isLessThan(20);
    }

    @Test
    void hostileObjectsHaveExactlyOneOutcomeInBoundedTime() {
        long seed = Seed.get();
        var random = new Random(seed);
        var hostile = new HostileJson(random, SECRET);
        int[] outcomes = new int[3];
        int large = 0;
        double slowest = 0;
        for (int i = 0; i < HOSTILE_CASES; i++) {
            byte[] value = hostile.next();
            large += value.length > 500_000 ? 1 : 0;
            Origin origin = TestRecords.origin(bytes(random, 300), value, headers(random));
            double before = CpuClock.seconds();
            Parsed parsed = TestRecords.PARSER.parse(origin);
            slowest = Math.max(slowest, CpuClock.seconds() - before);
            try {
                outcomes[check(parsed, origin)]++;
                checkDeadLetter(origin, parsed);
            } catch (Throwable e) {
                String text = new String(value, UTF_8);
                String shown = text.substring(0, Math.min(text.length(), 4000));
                throw new AssertionError("seed=%d case=%d %s".formatted(seed, i, shown), e);
            }
        }
        for (int count : outcomes) {
            assertThat(count).as("seed=%d", seed).isGreaterThan(HOSTILE_CASES / 100);
        }
        assertThat(large).as("large cases, seed=%d", seed).isGreaterThan(HOSTILE_CASES / 1000);
        assertThat(slowest).as("slowest case in seconds, seed=%d", seed).isLessThan(2);
    }

    /** Whatever it was, as a dead letter it is whole and can be sent again as it was. */
    private static void checkDeadLetter(Origin origin, Parsed parsed) {
        DeadLetter letter =
                parsed instanceof Parsed.Unreadable unreadable
                        ? unreadable.deadLetter()
                        : new DeadLetter(
                                origin, new RequestError(ErrorCode.DUPLICATE_ID, "", "taken"));
        OutputRecord dead = new DeadLetterSerializer().serialize(letter);
        JsonSchemas.DEAD_LETTER_HEADERS.check(TestRecords.headers(dead));
        OutputRecord again = TestRecords.stored(dead).again(1);
        assertThat(again.key()).isSameAs(origin.key());
        assertThat(again.value()).isSameAs(origin.value());
        List<String> names = new ArrayList<>(origin.headerNames());
        names.removeIf(name -> name.startsWith(HeaderList.RESERVED));
        names.add(DeadLetterSerializer.REPLAYS);
        assertThat(again.headerNames()).isEqualTo(names);
        for (int i = 0; i < origin.headerNames().size(); i++) {
            int at = names.indexOf(origin.headerNames().get(i));
            if (!origin.headerNames().get(i).startsWith(HeaderList.RESERVED)) {
                assertThat(again.headerValues().get(at)).isSameAs(origin.headerValues().get(i));
            }
        }
    }

    private static Map<String, byte[]> headers(Random random) {
        List<String> names =
                List.of(
                        "traceparent",
                        "a",
                        "\u0000",
                        "é😀",
                        "",
                        "ralmspec-error-code",
                        "ralmspec-x");
        Map<String, byte[]> headers = new LinkedHashMap<>();
        for (int i = random.nextInt(6); i > 0; i--) {
            headers.put(names.get(random.nextInt(names.size())), bytes(random, 20));
        }
        return headers;
    }

    /** Checks the outcome; returns which one it is. */
    private static int check(Parsed parsed, Origin origin) {
        return switch (parsed) {
            case Parsed.Accepted accepted -> {
                Submission submission = accepted.submission();
                DecodingRequest request = submission.request();
                assertThat(submission.cancels()).isEqualTo(origin.value() == null);
                assertThat(submission.id()).isNotEmpty();
                assertThat(submission.origin().value()).isSameAs(origin.value());
                if (request != null) {
                    assertThat(TestRecords.requestOf(reparsed(request))).isEqualTo(request);
                }
                yield 0;
            }
            case Parsed.Refused refused -> {
                Submission submission = refused.submission();
                checkError(Objects.requireNonNull(submission.refusal()));
                assertThat(submission.request()).isNull();
                assertThat(submission.id()).isNotEmpty();
                assertThat(submission.origin().value()).isSameAs(origin.value());
                yield 1;
            }
            case Parsed.Unreadable unreadable -> {
                DeadLetter letter = unreadable.deadLetter();
                checkError(letter.error());
                assertThat(letter.origin()).isSameAs(origin);
                yield 2;
            }
        };
    }

    private static Parsed reparsed(DecodingRequest request) {
        return TestRecords.PARSER.parse(
                TestRecords.origin(null, RequestWriter.write(request), Map.of()));
    }

    private static void checkError(RequestError error) {
        assertThat(error.message()).hasSizeBetween(1, 500).doesNotContain("q7Zx");
        // The parser's last resort: it gives an outcome, but is a bug.
        assertThat(error.message()).doesNotContain("a failure of the parser");
        assertThat(error.message().chars()).noneMatch(Character::isISOControl);
    }

    private static byte @Nullable [] value(Random random) {
        return switch (random.nextInt(9)) {
            case 0 -> bytes(random, 200);
            case 1 -> random.nextInt(4) == 0 ? null : bytes(random, 4);
            case 2 -> VALID.getBytes(UTF_8);
            case 3, 4 -> flipped(random);
            case 5 -> extreme(random).getBytes(UTF_8);
            default -> replaced(random).getBytes(UTF_8);
        };
    }

    private static byte[] bytes(Random random, int bound) {
        byte[] bytes = new byte[random.nextInt(bound)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** The valid request with some bytes changed, cut out or doubled. */
    private static byte[] flipped(Random random) {
        var text = new StringBuilder(VALID);
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(text.length());
            switch (random.nextInt(3)) {
                case 0 -> text.setCharAt(at, (char) random.nextInt(256));
                case 1 -> text.delete(at, Math.min(text.length(), at + random.nextInt(9)));
                default ->
                        text.insert(at, AFTER_PROMPT, random.nextInt(60), 60 + random.nextInt(60));
            }
        }
        return random.nextBoolean()
                ? text.toString().getBytes(UTF_8)
                : text.toString().getBytes(ISO_8859_1);
    }

    /** The valid request with one integer replaced by a number around a bound of its exponent. */
    private static String extreme(Random random) {
        String field = INTEGER_FIELDS.get(random.nextInt(INTEGER_FIELDS.size()));
        long exponent = EXPONENTS[random.nextInt(EXPONENTS.length)] + random.nextInt(7) - 3;
        String digits = DIGITS.get(random.nextInt(DIGITS.size()));
        String number = digits + "e" + (random.nextBoolean() ? exponent : -exponent);
        return VALID.replaceFirst(
                "\"%s\":\\d+".formatted(field), "\"%s\":%s".formatted(field, number));
    }

    /** The valid request with some values replaced. */
    private static String replaced(Random random) {
        String text = VALID;
        for (int i = random.nextInt(3); i >= 0; i--) {
            int colon = text.indexOf(':', random.nextInt(text.length()));
            int end = colon < 0 ? -1 : text.indexOf(',', colon);
            if (end > 0) {
                text =
                        text.substring(0, colon + 1)
                                + VALUES.get(random.nextInt(VALUES.size()))
                                + text.substring(end);
            }
        }
        return text;
    }
}
