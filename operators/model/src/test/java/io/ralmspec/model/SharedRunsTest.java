package io.ralmspec.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.Stride;
import io.ralmspec.decoding.StrideBatch;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a sequence gets does not depend on the others in its runs. The reference keeps nothing and
 * runs one sequence at a time. How sure the model was is compared to the bit, which any change of
 * the scores would change.
 */
class SharedRunsTest {
    private static final int STRIDES = 150;
    private static final int VOCABULARY = 600;

    private static final RunCosts ALWAYS =
            new RunCosts() {
                @Override
                boolean sharingPays(int sequences) {
                    return true;
                }
            };

    @ParameterizedTest
    @CsvSource({
        "gpt2-shared, 1, 2, 100000000",
        "gpt2-shared, 2, 5, 100000000",
        "gpt2-shared, 8, 8, 300000",
        "llama-shared, 1, 8, 100000000",
        "llama-shared, 2, 3, 100000000",
        "llama-shared, 8, 5, 60000",
    })
    void stridesAreTheSameToTheBitWhateverSharesTheirRuns(
            String name, int threads, int slots, long kvBytes) {
        long seed = Seeds.next();
        System.out.printf("-Dralmspec.seed=%d%n", seed);
        Random random = new Random(seed);
        try (OnnxLanguageModel model = open(name, threads, kvBytes, slots);
                OnnxLanguageModel reference = open(name, 2, 0, 1)) {
            StrideBatch batch = model.batch(ALWAYS);
            Map<String, Context> last = new HashMap<>();
            Set<String> busy = new HashSet<>();
            int[] done = new int[2];
            for (int asked = 0; done[0] + done[1] < STRIDES; ) {
                while (asked < STRIDES && !batch.full() && random.nextInt(4) > 0) {
                    Generation generation = next(random, last, busy);
                    if (generation == null) {
                        break;
                    }
                    boolean cancelled = random.nextInt(12) == 0;
                    int[] questions = new int[1];
                    int most = random.nextInt(3);
                    String sequence = generation.context().sequence();
                    busy.add(sequence);
                    asked++;
                    batch.add(
                            generation,
                            () -> cancelled && questions[0]++ >= most,
                            stride -> {
                                busy.remove(sequence);
                                done[stride == null ? 1 : 0]++;
                                if (stride != null) {
                                    check(stride, generation, reference);
                                }
                            });
                }
                batch.advance();
            }
            assertThat(done[0]).isGreaterThan(STRIDES / 2);
            assertThat(done[1]).isPositive();
            assertThat(batch.isEmpty()).isTrue();
            assertThat(model.counters().sharedRuns()).isGreaterThan(STRIDES / 4);
        }
    }

    private static void check(Stride stride, Generation generation, OnnxLanguageModel reference) {
        Stride alone = Generations.generate(reference, generation);
        assertThat(stride.tokens()).isEqualTo(alone.tokens());
        assertThat(Double.doubleToLongBits(stride.confidence()))
                .isEqualTo(Double.doubleToLongBits(alone.confidence()));
    }

    /** Goes on with a sequence, rolls it back, changes its document, or starts another. */
    private static Generation next(Random random, Map<String, Context> last, Set<String> busy) {
        String sequence = "sequence-" + random.nextInt(12);
        if (busy.contains(sequence)) {
            return null;
        }
        Context before = last.get(sequence);
        int[] tokens;
        if (before == null || before.tokens().length > 70) {
            tokens = random.ints(1 + random.nextInt(30), 0, VOCABULARY).toArray();
        } else {
            int length = before.tokens().length;
            tokens = Arrays.copyOf(before.tokens(), Math.max(1, length - random.nextInt(6)));
            int kept = tokens.length;
            tokens = Arrays.copyOf(tokens, kept + random.nextInt(5));
            Arrays.fill(tokens, kept, tokens.length, 5 + random.nextInt(20));
        }
        int document =
                before == null || random.nextInt(3) == 0
                        ? random.nextInt(4) - 1
                        : before.document();
        Context context = new Context(sequence, document, tokens);
        last.put(sequence, context);
        Sampling sampling =
                random.nextBoolean() ? Sampling.GREEDY : new Sampling(0.8, 0.95, random.nextLong());
        int maxTokens = 1 + random.nextInt(5);
        int[] draft = random.ints(random.nextInt(maxTokens + 1), 0, VOCABULARY).toArray();
        return new Generation(context, maxTokens, sampling, draft, random.nextInt(3) > 0);
    }

    @Test
    void aSequenceThatIsReleasedLeavesTheBatch() {
        try (OnnxLanguageModel model = open("llama-shared", 1, 1 << 24, 4)) {
            StrideBatch batch = model.batch(ALWAYS);
            List<Stride> strides = new ArrayList<>();
            for (String sequence : List.of("a", "b")) {
                Context context = new Context(sequence, 1, new int[] {20, 21, 22});
                batch.add(Generation.of(context, 4, Sampling.GREEDY), () -> false, strides::add);
            }
            batch.advance();
            model.release("a");
            while (!batch.isEmpty()) {
                batch.advance();
            }
            assertThat(strides).hasSize(2);
            assertThat(strides.getFirst()).isNull();
            assertThat(strides.getLast()).isNotNull();
            model.release("b");
        }
    }

    @Test
    void aSequenceThatRunsKeepsItsMemoryHoweverLittleThereIs() {
        try (OnnxLanguageModel model = open("llama-shared", 1, 1, 4)) {
            StrideBatch batch = model.batch(ALWAYS);
            Context context = new Context("a", -1, new int[] {20, 21, 22});
            List<Stride> strides = new ArrayList<>();
            batch.add(Generation.of(context, 4, Sampling.GREEDY), () -> false, strides::add);
            assertThat(batch.full()).isFalse();
            batch.advance();
            assertThat(batch.full()).isTrue();
            while (!batch.isEmpty()) {
                batch.advance();
            }
            assertThat(strides).doesNotContainNull().hasSize(1);
        }
    }

    @Test
    void growingModelsTakeTurns() {
        try (OnnxLanguageModel model = open("llama-growing", 1, 1 << 24, 4)) {
            StrideBatch batch = model.batch();
            Context context = new Context("a", 1, new int[] {20, 21, 22});
            Generation generation = Generation.of(context, 4, Sampling.GREEDY);
            List<Stride> strides = new ArrayList<>();
            batch.add(generation, () -> false, strides::add);
            assertThat(batch.full()).isTrue();
            batch.advance();
            assertThat(strides.getFirst().tokens())
                    .isEqualTo(Generations.generate(model, generation).tokens());
        }
    }

    @Test
    void graphsThatMayLookAtSeveralRowsAreRefused(@TempDir Path directory) throws Exception {
        Path source = TestDirectories.resource("models/gpt2-shared").resolve("model.onnx");
        String bytes = Files.readString(source, StandardCharsets.ISO_8859_1);
        assertThat(bytes).contains("FastGelu");
        Path graph = directory.resolve("model.onnx");
        Files.writeString(
                graph, bytes.replace("FastGelu", "SomeGelu"), StandardCharsets.ISO_8859_1);
        try (CausalModel model = CausalModel.open(source.getParent(), ModelOptions.defaults())) {
            GraphShape shape = model.graph().shape();
            assertThat(RaggedGraph.of(source, shape, 3)).isNotEmpty();
            assertThatThrownBy(() -> RaggedGraph.of(graph, shape, 3))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContaining("operator SomeGelu that may look at several rows");
        }
    }

    @Test
    void sharingIsLeftWhereTurnsAreFasterAndTriedAgain() {
        RunCosts costs = new RunCosts();
        assertThat(costs.sharingPays(2)).isTrue();
        costs.observe(true, 2, 0.010);
        costs.observe(false, 1, 0.003);
        assertThat(costs.sharingPays(3)).isFalse();
        assertThat(costs.sharingPays(4)).isTrue();
        int shared = 0;
        for (int i = 0; i < 1024; i++) {
            shared += costs.sharingPays(2) ? 1 : 0;
        }
        assertThat(shared).isEqualTo(4);
    }

    private static OnnxLanguageModel open(String name, int threads, long kvBytes, int slots) {
        ModelOptions options = new ModelOptions(threads, 0, kvBytes, kvBytes, Device.CPU, slots);
        return OnnxLanguageModel.open(
                TestDirectories.resource("models/" + name), options, ListCatalog.expected());
    }
}
