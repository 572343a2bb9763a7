package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Stored sessions of every version since the first release, kept in the test resources. */
class SessionCodecTest {
    @Test
    void comesBackFromItsBytes() {
        SessionState state = full("index");
        assertThat(SessionState.fromBytes(state.toBytes()))
                .usingRecursiveComparison()
                .isEqualTo(state);
    }

    /**
     * A new version writes its own file, with -Dralmspec.write-golden=true, and keeps the others.
     */
    @Test
    void theLayoutOfThisVersionStays() throws IOException {
        if (Boolean.getBoolean("ralmspec.write-golden")) {
            Files.write(Path.of("src/test/resources/session-v4.bin"), full("index").toBytes());
        }
        assertThat(full("index").toBytes())
                .as("a changed layout needs a new version")
                .isEqualTo(stored("session-v4.bin"));
    }

    /** Programs from before there were KNN-LM modes read these bytes, and wrote such. */
    @Test
    void knnParametersAreNoPartOfASessionThatLooksDocumentsUp() throws IOException {
        KnnParameters own = new KnnParameters(0.5, 20, 8, 3, 4, 100);
        byte[] bytes =
                full("index", DecodingMode.SPECULATIVE, RetrievalScheme.FLARE, own).toBytes();
        assertThat(bytes).isEqualTo(stored("session-v4.bin"));
        assertThat(SessionState.fromBytes(bytes).request().retrieval().knn())
                .isEqualTo(KnnParameters.DEFAULT);
    }

    @ParameterizedTest
    @EnumSource(
            value = DecodingMode.class,
            names = {"KNN_LM", "KNN_LM_BASELINE"})
    void knnParametersComeBackInTheModesThatUseThem(DecodingMode mode) {
        KnnParameters own = new KnnParameters(0.5, 20, 8, 3, 4, 100);
        SessionState state = full("index", mode, RetrievalScheme.EVERY_STRIDE, own);
        assertThat(SessionState.fromBytes(state.toBytes()))
                .usingRecursiveComparison()
                .isEqualTo(state);
    }

    @Test
    void readsVersion3WhichKeptNoLoad() throws IOException {
        SessionState expected = full("index");
        SessionState read = SessionState.fromBytes(stored("session-v3.bin"));
        assertThat(read.estimates().turn()).isZero();
        assertThat(read)
                .usingRecursiveComparison()
                .ignoringFields("estimates.turn")
                .isEqualTo(expected);
    }

    @Test
    void readsVersion2WhichKeptNoKnowledgeBase() throws IOException {
        assertThat(SessionState.fromBytes(stored("session-v2.bin")))
                .usingRecursiveComparison()
                .ignoringFields("estimates.turn")
                .isEqualTo(full(""));
    }

    @ParameterizedTest
    @ValueSource(bytes = {1, 6})
    void anUnknownVersionIsRefused(byte version) {
        byte[] bytes = full("index").toBytes();
        bytes[0] = version;
        assertThatThrownBy(() -> SessionState.fromBytes(bytes))
                .hasMessageContaining("version must be in [2, 5] (got " + version + ")");
    }

    @Test
    void truncatedBytesAreRefused() {
        byte[] bytes = full("index").toBytes();
        for (int length = 0; length < bytes.length; length++) {
            byte[] part = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> SessionState.fromBytes(part))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static byte[] stored(String name) throws IOException {
        return Objects.requireNonNull(SessionCodecTest.class.getResourceAsStream("/" + name), name)
                .readAllBytes();
    }

    private static SessionState full(String knowledgeBase) {
        return full(
                knowledgeBase,
                DecodingMode.SPECULATIVE,
                RetrievalScheme.FLARE,
                KnnParameters.DEFAULT);
    }

    /** Every field has a value of its own. */
    private static SessionState full(
            String knowledgeBase, DecodingMode mode, RetrievalScheme scheme, KnnParameters knn) {
        Query query = new Query("the query", new float[] {0.25f, -1});
        return new SessionState(
                new DecodingRequest(
                        "id",
                        "a prompt with an é",
                        60,
                        List.of("stop", "."),
                        new Sampling(0.7, 0.9, 42),
                        new RetrievalParameters(
                                RetrieverKind.HNSW,
                                mode,
                                scheme,
                                0.6,
                                5,
                                31,
                                new SpeculationPolicy(StrideRule.OS3, 4, 21, true, false, false),
                                knn),
                        true,
                        90_000),
                1_234_567,
                knowledgeBase,
                Phase.DECODING,
                17,
                16,
                15,
                2,
                20,
                true,
                false,
                new Transcript(
                        new int[] {5, 6, 7},
                        new int[] {8, 9},
                        List.of(new Source("doc-3", "Title of 3", 1.5f, 0, 2)),
                        1,
                        4),
                List.of(
                        new Step(Tokens.NONE, true, query, new Hit(3, 1.5f), null, null),
                        new Step(
                                new int[] {10, 11}, true, null, new Hit(4, 2), new Hit(5, 3), null),
                        new Step(new int[] {12}, false, query, null, null, FinishReason.STOP)),
                new SpeculationCache(new int[] {9, 3, 4}),
                new Estimates(
                        0.1,
                        0.2,
                        new CallCost(1, 2, 3, 4, 5),
                        new CallCost(6, 7, 8, 9, 10),
                        new CallCost(11, 12, 13, 14, 15),
                        0.8,
                        0.9),
                new Outcomes(new int[] {1, 0, 3}, new int[] {2, 1, 1}),
                new Counters(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
                new Timings(0.1, 0.2, 0.3, 0.4, 0.5));
    }
}
