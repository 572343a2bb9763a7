package io.ralmspec.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.AnswerRecord;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Delta;
import io.ralmspec.decoding.DeltaRecord;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.RequestLimits;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.Source;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import io.ralmspec.decoding.Timings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What this project writes comes back the same; what anybody else writes is refused, not fatal. */
class RecordFuzzTest {
    private static final RequestLimits LIMITS = RequestLimits.DEFAULT;
    private static final int CASES = 1000;
    private static final RetrieverKind[] DENSE =
            Arrays.stream(RetrieverKind.values())
                    .filter(RetrieverKind::dense)
                    .toArray(RetrieverKind[]::new);
    private static final FinishReason[] WITHOUT_ERROR =
            Arrays.stream(FinishReason.values())
                    .filter(reason -> reason != FinishReason.ERROR)
                    .toArray(FinishReason[]::new);

    private final long seed = Seed.get();
    private final Random random = new Random(seed);

    @Test
    void everyRequestThatCanBeMadeReadsBackTheSame() {
        for (int i = 0; i < CASES; i++) {
            DecodingRequest request = request();
            OutputRecord record = RequestWriter.record(request);
            assertThat(
                            TestRecords.requestOf(
                                    TestRecords.PARSER.parse(
                                            TestRecords.origin(
                                                    record.key(), record.value(), Map.of()))))
                    .as(where(i))
                    .isEqualTo(request);
            JsonSchemas.REQUEST.check(Objects.requireNonNull(record.value()));
        }
    }

    @Test
    void everyAnswerReadsBackTheSameOrAsTheErrorThatItIsTooLarge() {
        var serializer = new AnswerSerializer(AnswerSerializer.MIN_MAX_ANSWER_BYTES);
        int replaced = 0;
        for (int i = 0; i < CASES; i++) {
            Answer answer = answer();
            OutputRecord record = serializer.serialize(new AnswerRecord(origin(), answer));
            byte[] value = Objects.requireNonNull(record.value());
            assertThat(value.length)
                    .as(where(i))
                    .isLessThanOrEqualTo(AnswerSerializer.MIN_MAX_ANSWER_BYTES);
            JsonSchemas.ANSWER.check(value);
            Answer back = AnswerReader.read(value);
            RequestError error = back.error();
            if (error != null && error.code() == ErrorCode.ANSWER_TOO_LARGE) {
                replaced++;
                assertThat(back.id()).isEqualTo(answer.id());
                assertThat(back.counters()).isEqualTo(answer.counters());
            } else {
                assertThat(back).as(where(i)).usingRecursiveComparison().isEqualTo(answer);
            }
        }
        assertThat(replaced).as(where(0)).isBetween(CASES / 50, CASES - CASES / 50);
    }

    @Test
    void everyDeltaReadsBackTheSameOrWithoutWhatIsTooLarge() {
        var serializer = new DeltaSerializer(AnswerSerializer.MIN_MAX_ANSWER_BYTES);
        int cut = 0;
        for (int i = 0; i < CASES; i++) {
            Delta delta = new Delta(text(1, 256), n(), longText(), random.nextBoolean());
            OutputRecord record = serializer.serialize(new DeltaRecord(origin(), delta));
            byte[] value = Objects.requireNonNull(record.value());
            assertThat(value.length).isLessThanOrEqualTo(AnswerSerializer.MIN_MAX_ANSWER_BYTES);
            Delta back = DeltaReader.read(value);
            boolean whole = back.text().equals(delta.text());
            cut += whole ? 0 : 1;
            assertThat(back)
                    .as(where(i))
                    .isEqualTo(
                            whole
                                    ? delta
                                    : new Delta(delta.id(), delta.sequence(), "", delta.last()));
        }
        assertThat(cut).as(where(0)).isBetween(CASES / 250, CASES - CASES / 50);
    }

    @Test
    void readersRefuseWhatIsNotTheirsAndNeverFailOtherwise() {
        List<byte[]> valid = new ArrayList<>();
        var hostile = new HostileJson(random, "secret");
        Function<byte[], ?> answers = AnswerReader::read;
        Function<byte[], ?> deltas = DeltaReader::read;
        int read = 0;
        for (int i = 0; i < CASES; i++) {
            if (i % 100 == 0) {
                valid.add(
                        new AnswerSerializer()
                                .serialize(new AnswerRecord(origin(), answer()))
                                .value());
                valid.add(
                        new DeltaSerializer()
                                .serialize(
                                        new DeltaRecord(
                                                origin(), new Delta("d", i, text(0, 40), false)))
                                .value());
            }
            byte[] bytes =
                    random.nextInt(4) == 0
                            ? hostile.next()
                            : mutated(valid.get(random.nextInt(valid.size())));
            double before = CpuClock.seconds();
            for (Function<byte[], ?> reader : List.of(answers, deltas)) {
                try {
                    reader.apply(bytes);
                    read++;
                } catch (IllegalArgumentException e) {
                    assertThat(e.getMessage()).as(where(i)).isNotBlank();
                } catch (RuntimeException | StackOverflowError e) {
                    throw new AssertionError(where(i) + " " + new String(bytes, UTF_8), e);
                }
            }
            assertThat(CpuClock.seconds() - before).as(where(i)).isLessThan(2);
        }
        assertThat(read).as("readable mutants, %s", where(0)).isPositive();
    }

    @Test
    void deadLettersFitTheirBoundAndSayWhatIsMissing() {
        int bound = DeadLetterSerializer.MIN_MAX_RECORD_BYTES;
        var serializer = new DeadLetterSerializer(bound);
        int[] cut = new int[2];
        for (int i = 0; i < CASES; i++) {
            Origin origin = largeOrigin();
            ErrorCode[] codes = ErrorCode.values();
            var error =
                    new RequestError(
                            codes[random.nextInt(codes.length)],
                            text(0, 40),
                            text(0, 40).repeat(random.nextInt(100)));
            OutputRecord record = serializer.serialize(new DeadLetter(origin, error));
            Map<String, String> sent = TestRecords.headers(record);
            JsonSchemas.DEAD_LETTER_HEADERS.check(sent);
            assertThat(size(record)).as(where(i)).isLessThanOrEqualTo(bound);
            StoredDeadLetter stored = TestRecords.stored(record);
            assertThat(stored.isOurs()).isTrue();
            assertThat(stored.origin()).isEqualTo(origin.position());
            assertThat(stored.code()).isEqualTo(error.code().wireName());
            byte[] value = Objects.requireNonNull(origin.value());
            assertThat(stored.valueBytes()).as(where(i)).isEqualTo(value.length);
            byte[] kept = Objects.requireNonNull(record.value());
            assertThat(value).as(where(i)).startsWith(kept);
            assertThat(stored.isCut())
                    .isEqualTo(
                            kept.length < value.length
                                    || record.key() != null
                                            && record.key().length
                                                    < Objects.requireNonNull(origin.key()).length);
            cut[stored.isCut() ? 1 : 0]++;
            int dropped = Integer.parseInt(sent.getOrDefault(HeaderList.DROPPED, "0"));
            long whole =
                    origin.headerNames().stream()
                            .filter(name -> !name.startsWith(HeaderList.RESERVED))
                            .count();
            assertThat(
                            sent.keySet().stream()
                                            .filter(name -> !name.startsWith(HeaderList.RESERVED))
                                            .count()
                                    + dropped)
                    .as(where(i))
                    .isEqualTo(whole);
        }
        assertThat(cut[0]).as("whole ones, %s", where(0)).isPositive();
        assertThat(cut[1]).as("cut ones, %s", where(0)).isPositive();
    }

    private String where(int number) {
        return "seed=%d case=%d".formatted(seed, number);
    }

    private DecodingRequest request() {
        List<String> stop = new ArrayList<>();
        for (int i = random.nextInt(LIMITS.maxStop() + 1); i > 0; i--) {
            stop.add(text(1, 20));
        }
        StrideRule rule = any(StrideRule.values());
        int unused = RequestDefaults.STANDARD.retrieval().speculation().stride();
        var policy =
                new SpeculationPolicy(
                        rule,
                        rule == StrideRule.FIXED ? upTo(LIMITS.maxSpeculationStride()) : unused,
                        upTo(LIMITS.maxPrefetch()),
                        random.nextBoolean(),
                        random.nextBoolean(),
                        random.nextBoolean());
        DecodingMode mode = any(DecodingMode.values());
        return new DecodingRequest(
                text(1, 256),
                text(1, 2000),
                upTo(LIMITS.maxTokens()),
                stop,
                new Sampling(2 * random.nextDouble(), 1 - random.nextDouble(), random.nextLong()),
                new RetrievalParameters(
                        mode.neighbours() ? any(DENSE) : any(RetrieverKind.values()),
                        mode,
                        mode.neighbours()
                                ? RetrievalScheme.EVERY_STRIDE
                                : any(RetrievalScheme.values()),
                        (1 + random.nextInt(998)) / 1000.0,
                        upTo(LIMITS.maxStride()),
                        upTo(LIMITS.maxQueryTokens()),
                        policy,
                        new KnnParameters(
                                random.nextInt(9) / 8.0,
                                Math.pow(10, 18 * random.nextDouble() - 9),
                                upTo(KnnParameters.MAX_NEIGHBOURS),
                                upTo(KnnParameters.MAX_SUCCESSORS + 1) - 1,
                                upTo(KnnParameters.MAX_NEIGHBOURS),
                                upTo(KnnParameters.MAX_CACHE_ENTRIES))),
                random.nextBoolean(),
                random.nextBoolean() ? 0 : 1 + random.nextLong(LIMITS.maxDeadlineMillis()));
    }

    private Answer answer() {
        List<Source> sources = new ArrayList<>();
        for (int i = random.nextInt(8); i > 0; i--) {
            sources.add(
                    new Source(
                            text(0, 30),
                            longText(),
                            Float.intBitsToFloat(random.nextInt() & 0x7f7f_ffff),
                            n(),
                            n()));
        }
        RequestError error =
                random.nextInt(3) == 0
                        ? new RequestError(any(ErrorCode.values()), text(0, 20), text(0, 400))
                        : null;
        return new Answer(
                text(1, 256),
                longText(),
                random.ints(random.nextInt(300), 0, 1 << 20).toArray(),
                error != null ? FinishReason.ERROR : any(WITHOUT_ERROR),
                random.nextInt(1 << 20),
                sources,
                new Counters(n(), n(), n(), n(), n(), n(), n(), n(), n(), n(), n()),
                new Timings(random.nextInt(9), 0.000412, 0, random.nextInt(99) / 8.0, 1),
                error);
    }

    private Origin largeOrigin() {
        Map<String, byte[]> headers = new LinkedHashMap<>();
        for (int i = random.nextInt(30); i > 0; i--) {
            String name = (random.nextInt(5) == 0 ? "ralmspec-" : "") + text(0, 12);
            headers.put(name, new byte[random.nextInt(random.nextBoolean() ? 20 : 9000)]);
        }
        byte[] key = random.nextBoolean() ? null : noise(30_000);
        return TestRecords.origin(key, noise(random.nextBoolean() ? 2000 : 150_000), headers);
    }

    private static Origin origin() {
        return TestRecords.origin(null, null, Map.of());
    }

    /** Some bytes changed, cut out or doubled. */
    private byte[] mutated(byte[] valid) {
        byte[] bytes = valid.clone();
        for (int i = random.nextInt(4); i > 0; i--) {
            int at = random.nextInt(bytes.length);
            bytes[at] =
                    (byte)
                            (random.nextBoolean()
                                    ? random.nextInt()
                                    : "0,:[]{}\"-e".charAt(random.nextInt(10)));
        }
        return random.nextInt(5) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
    }

    private byte[] noise(int bound) {
        byte[] bytes = new byte[random.nextInt(bound)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static int size(OutputRecord record) {
        byte[] key = record.key();
        byte[] value = record.value();
        int size = (key == null ? 0 : key.length) + (value == null ? 0 : value.length);
        for (int i = 0; i < record.headerNames().size(); i++) {
            size += record.headerNames().get(i).getBytes(UTF_8).length;
            size += record.headerValues().get(i).length;
        }
        return size;
    }

    private int upTo(int max) {
        return 1 + random.nextInt(max);
    }

    private int n() {
        return random.nextInt(1 << 20);
    }

    private <T> T any(T[] values) {
        return values[random.nextInt(values.length)];
    }

    private String longText() {
        return text(0, 40).repeat(1 + random.nextInt(random.nextInt(4) == 0 ? 200 : 3));
    }

    /** Any characters but NUL and halves of pairs, which requests may not have. */
    private String text(int min, int maxCharacters) {
        var text = new StringBuilder();
        for (int i = min + random.nextInt(maxCharacters - min + 1); i > 0; i--) {
            int c =
                    switch (random.nextInt(4)) {
                        case 0 -> 1 + random.nextInt(31);
                        case 1 -> 1 + random.nextInt(0xD7FF);
                        case 2 -> 0x10000 + random.nextInt(0x100000);
                        default -> ' ' + random.nextInt(95);
                    };
            text.appendCodePoint(c);
        }
        return text.toString();
    }
}
