package io.ralmspec.model;

import static io.ralmspec.model.Generations.generate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.Stride;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxLanguageModelTest {
    private static final int[] PROMPT = {40, 41, 42, 43};

    @TempDir Path temp;

    private OnnxLanguageModel model;

    @BeforeEach
    void open() {
        model = open(TestDirectories.resource("models/llama-shared"), ModelOptions.defaults());
    }

    @AfterEach
    void close() {
        model.close();
    }

    @Test
    void theProfileComesFromTheDirectoryAndTheOptions() {
        assertThat(model.profile().contextLength()).isEqualTo(192);
        assertThat(model.profile().documentTokens()).isEqualTo(72);
        assertThat(model.profile().endTokens()).containsExactly(2);
        ModelOptions options = new ModelOptions(1, 30, 0, 0, Device.AUTO, 1);
        try (OnnxLanguageModel other =
                open(TestDirectories.resource("models/gpt2-growing"), options)) {
            assertThat(other.profile().documentTokens()).isEqualTo(30);
        }
    }

    @Test
    void theEndTokenIsTheLastOne() {
        int[] tokens = generate(model, new Context("s", 0, PROMPT), 20, Sampling.GREEDY);
        int end = tokens[7];
        int first = 0;
        while (tokens[first] != end) {
            first++;
        }
        Path directory = TestDirectories.copy("models/llama-shared", temp.resolve("ends"));
        TestDirectories.write(
                directory.resolve("generation_config.json"),
                "{\"eos_token_id\": [2, " + end + "]}");
        try (OnnxLanguageModel ending = open(directory, ModelOptions.defaults())) {
            assertThat(ending.profile().endTokens()).containsExactly(2, end);
            assertThat(generate(ending, new Context("s", 0, PROMPT), 20, Sampling.GREEDY))
                    .isEqualTo(Arrays.copyOf(tokens, first + 1));
        }
    }

    @Test
    void aSampledTokenIsTheSameAfterARollbackAndFromAnotherModel() {
        Sampling sampling = new Sampling(0.9, 0.95, 42);
        int[] tokens = generate(model, new Context("s", 1, PROMPT), 24, sampling);
        int[] prefix = Arrays.copyOf(PROMPT, PROMPT.length + 10);
        System.arraycopy(tokens, 0, prefix, PROMPT.length, 10);
        generate(model, new Context("s", 2, prefix), 5, sampling);
        int[] again = generate(model, new Context("s", 1, prefix), 14, sampling);
        assertThat(again).isEqualTo(Arrays.copyOfRange(tokens, 10, 24));
        try (OnnxLanguageModel other =
                open(TestDirectories.resource("models/llama-shared"), ModelOptions.defaults())) {
            assertThat(generate(other, new Context("x", 1, PROMPT), 24, sampling))
                    .isEqualTo(tokens);
        }
        Sampling seed43 = new Sampling(0.9, 0.95, 43);
        assertThat(generate(model, new Context("s", 1, PROMPT), 24, seed43)).isNotEqualTo(tokens);
        assertThat(generate(model, new Context("s", 1, PROMPT), 24, Sampling.GREEDY))
                .isNotEqualTo(tokens);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-growing", "gpt2-shared"})
    void aLoneFirstTokenWorksInAModelWithoutBeginToken(String name) {
        try (OnnxLanguageModel gpt2 =
                open(TestDirectories.resource("models/" + name), ModelOptions.defaults())) {
            int[] tokens = generate(gpt2, new Context("s", -1, new int[] {70}), 8, Sampling.GREEDY);
            int[] two = {70, tokens[0]};
            gpt2.release("s");
            assertThat(generate(gpt2, new Context("s", -1, two), 7, Sampling.GREEDY))
                    .isEqualTo(Arrays.copyOfRange(tokens, 1, 8));
        }
    }

    @Test
    void fillsTheContextAndNoMore() {
        int[] tokens = new int[100];
        Arrays.fill(tokens, 50);
        int[] most = generate(model, new Context("s", -1, tokens), 91, Sampling.GREEDY);
        assertThat(most).hasSize(91);
        assertThatThrownBy(() -> generate(model, new Context("s", -1, tokens), 92, Sampling.GREEDY))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must be <= 192 tokens (got 1 + 100 + 92)");
    }

    @Test
    void callsThatMakeNoSenseAreRefusedAndDisturbNothing() {
        int[] before = generate(model, new Context("s", 0, PROMPT), 6, Sampling.GREEDY);
        assertThatThrownBy(
                        () -> generate(model, new Context("s", 0, new int[0]), 1, Sampling.GREEDY))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> generate(model, new Context("s", 0, PROMPT), 0, Sampling.GREEDY))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> generate(model, new Context("s", 9, PROMPT), 1, Sampling.GREEDY))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("`document` must be < 4 (got 9)");
        assertThatThrownBy(
                        () ->
                                generate(
                                        model,
                                        new Context("s", 0, new int[] {40, 1_000_000}),
                                        1,
                                        Sampling.GREEDY))
                .isInstanceOf(ModelRunException.class);
        assertThat(generate(model, new Context("s", 0, PROMPT), 6, Sampling.GREEDY))
                .isEqualTo(before);
    }

    @Test
    void aClosedModelIsRefusedInsteadOfEndingTheJvm() {
        generate(model, new Context("s", 0, PROMPT), 2, Sampling.GREEDY);
        model.close();
        assertThatThrownBy(() -> generate(model, new Context("s", 0, PROMPT), 2, Sampling.GREEDY))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
        assertThatThrownBy(() -> model.release("s")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void useByTwoThreadsAtOnceIsRefused() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        try (ExecutorService pool = Executors.newSingleThreadExecutor()) {
            Future<Stride> running =
                    pool.submit(
                            () ->
                                    model.generate(
                                            Generation.of(
                                                    new Context("s", 0, PROMPT),
                                                    1,
                                                    Sampling.GREEDY),
                                            (scores, position) -> {
                                                inside.countDown();
                                                awaitUninterruptibly(leave);
                                                return TokenSampler.greedy(scores);
                                            },
                                            () -> false));
            inside.await();
            assertThatThrownBy(
                            () -> generate(model, new Context("t", 0, PROMPT), 1, Sampling.GREEDY))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("two threads");
            assertThatThrownBy(() -> model.release("t")).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(model::close).isInstanceOf(IllegalStateException.class);
            leave.countDown();
            assertThat(running.get().tokens()).hasSize(1);
        }
        assertThat(generate(model, new Context("t", 0, PROMPT), 1, Sampling.GREEDY)).hasSize(1);
    }

    @Test
    void cudaIsRefusedWhereItIsMissingAndAutoFallsBack() {
        Path directory = TestDirectories.resource("models/llama-shared");
        ModelOptions cuda = new ModelOptions(1, 0, 0, 0, Device.CUDA, 1);
        ModelOptions auto = new ModelOptions(1, 0, 0, 0, Device.AUTO, 1);
        int[] tokens = generate(model, new Context("s", 0, PROMPT), 6, Sampling.GREEDY);
        try (OnnxLanguageModel fallback = open(directory, auto)) {
            assertThat(generate(fallback, new Context("s", 0, PROMPT), 6, Sampling.GREEDY))
                    .hasSameSizeAs(tokens);
        }
        org.junit.jupiter.api.Assumptions.assumeFalse(Cuda.missing().isEmpty());
        assertThatThrownBy(() -> open(directory, cuda))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("device cuda is not available");
    }

    @Test
    void theDriverIsFoundInTheLibraryPathOrTheLinkersList() {
        Path none = temp.resolve("no-cache");
        assertThat(Cuda.driverMissing("", none)).contains("libcuda.so.1");
        TestDirectories.write(temp.resolve("libcuda.so.1"), "");
        assertThat(Cuda.driverMissing("/nowhere:" + temp, none)).isEmpty();
        TestDirectories.write(none, "ld.so-1.7.0 libcuda.so.1 /usr/lib/libcuda.so.1");
        assertThat(Cuda.driverMissing("", none)).isEmpty();
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static OnnxLanguageModel open(Path directory, ModelOptions options) {
        return OnnxLanguageModel.open(directory, options, ListCatalog.expected());
    }
}
