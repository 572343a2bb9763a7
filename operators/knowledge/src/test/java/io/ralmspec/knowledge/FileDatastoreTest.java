package io.ralmspec.knowledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Tokenizer;
import io.ralmspec.decoding.knnlm.KeyEncoder;
import io.ralmspec.decoding.knnlm.Neighbours;
import io.ralmspec.decoding.knnlm.SearchKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FileDatastoreTest {
    @TempDir Path directory;

    /** Gives these rows, one after the other; its windows must not overlap. */
    private static final class Rows implements KeyEncoder {
        private final float[][] rows;
        private int next;

        Rows(float[][] rows) {
            this.rows = rows;
        }

        @Override
        public int dimension() {
            return rows[0].length;
        }

        @Override
        public int windowTokens() {
            return 50;
        }

        @Override
        public String fingerprint() {
            return "rows";
        }

        @Override
        public float[][] keys(int[] window) {
            next += window.length;
            return Arrays.copyOfRange(rows, next - window.length, next);
        }
    }

    private static final Tokenizer TOKENIZER = new ScriptedKeys(1, 1, "");

    private FileDatastore store(
            float[][] rows, VectorType type, boolean approximate, KnowledgeOptions options)
            throws IOException {
        // One token more than rows, the line break included, in passages of 1000.
        List<String> lines = new ArrayList<>(List.of("id\ttext\ttitle"));
        for (int left = rows.length + 1; left > 0; left -= 1000) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < Math.min(left - 1, 999); i++) {
                text.append((char) ('a' + (left + i) % 26));
            }
            lines.add(left + "\t" + (text.isEmpty() ? "x" : text) + "\t");
        }
        Path source = Files.write(directory.resolve("c.tsv"), lines);
        DatastoreSettings settings =
                DatastoreSettings.of(source, directory.resolve("store"))
                        .withKeyType(type)
                        .withApproximate(approximate)
                        .withMaxEntries(rows.length)
                        .withWindow(new DatastoreSettings.Window(50, 0))
                        .withThreads(2)
                        .withReplace(true);
        new DatastoreBuilder(settings, TOKENIZER, new Rows(rows), BuildListener.SILENT).build();
        return FileDatastore.open(settings.target(), options);
    }

    /** Few distinct values half of the time, so that distances tie and are 0. */
    private static float[][] vectors(Random random, int count, int dimension) {
        boolean coarse = random.nextBoolean();
        float[][] rows = new float[count][dimension];
        for (float[] row : rows) {
            for (int d = 0; d < dimension; d++) {
                row[d] = coarse ? random.nextInt(3) - 1 : (float) random.nextGaussian();
            }
        }
        return rows;
    }

    /** The oracle: one entry at a time, sorted by a comparator, no block, tile or heap. */
    private static Neighbours plainLoop(
            float[][] rows, VectorType type, float[] key, int[] positions, int k) {
        float[] distances = new float[rows.length];
        for (int p : positions) {
            for (int d = 0; d < key.length; d++) {
                float stored =
                        type == VectorType.FP32
                                ? rows[p][d]
                                : Float.float16ToFloat(Float.floatToFloat16(rows[p][d]));
                float difference = stored - key[d];
                distances[p] = Math.fma(difference, difference, distances[p]);
            }
        }
        int[] best =
                IntStream.of(positions)
                        .boxed()
                        .sorted(
                                Comparator.comparing((Integer p) -> distances[p])
                                        .thenComparing(Comparator.naturalOrder()))
                        .limit(k)
                        .mapToInt(p -> p)
                        .toArray();
        float[] found = new float[best.length];
        for (int i = 0; i < best.length; i++) {
            found[i] = distances[best[i]];
        }
        return new Neighbours(best, found, new int[best.length]);
    }

    private static void assertSame(Neighbours found, Neighbours expected, String what) {
        assertThat(found.positions()).as(what).isEqualTo(expected.positions());
        assertThat(bits(found.distances())).as(what).isEqualTo(bits(expected.distances()));
    }

    private static int[] bits(float[] values) {
        return IntStream.range(0, values.length)
                .map(i -> Float.floatToRawIntBits(values[i]))
                .toArray();
    }

    @ParameterizedTest
    @EnumSource
    void exactSearchFindsWhatAPlainLoopFindsToTheBit(VectorType type) throws IOException {
        Random random = Seeds.random();
        int[] sizes = {1, 2, 63, 64, 65, 1 + random.nextInt(3000), 1 + random.nextInt(3000)};
        for (int entries : sizes) {
            int dimension = 1 + random.nextInt(random.nextBoolean() ? 20 : 200);
            int k = 1 + random.nextInt(random.nextBoolean() ? 5 : 1024);
            float[][] rows = vectors(random, entries, dimension);
            float[][] keys = vectors(random, 1 + random.nextInt(17), dimension);
            int[] all = IntStream.range(0, entries).toArray();
            int threads = 1 + random.nextInt(4);
            try (FileDatastore store =
                    store(rows, type, false, new KnowledgeOptions(threads, 64))) {
                List<Neighbours> found = store.search(Arrays.asList(keys), k, SearchKind.EXACT);
                int[] subset = random.ints(random.nextInt(200), 0, entries).distinct().toArray();
                for (int q = 0; q < keys.length; q++) {
                    String what = entries + " x " + dimension + ", k " + k + ", key " + q;
                    assertSame(found.get(q), plainLoop(rows, type, keys[q], all, k), what);
                    assertSame(
                            store.nearest(keys[q], subset, k),
                            plainLoop(rows, type, keys[q], subset, k),
                            what);
                    Neighbours alone = store.search(List.of(keys[q]), k, SearchKind.EXACT).get(0);
                    assertSame(alone, found.get(q), what);
                    assertThat(alone.tokens()).isEqualTo(found.get(q).tokens());
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void approximateSearchFindsNearlyAllWithTheExactDistances(VectorType type) throws IOException {
        Random random = Seeds.random();
        float[][] rows = new float[4000][24];
        for (float[] row : rows) {
            for (int d = 0; d < row.length; d++) {
                row[d] = (float) random.nextGaussian() * 3;
            }
        }
        int[] all = IntStream.range(0, rows.length).toArray();
        try (FileDatastore store = store(rows, type, true, new KnowledgeOptions(2, 128))) {
            assertThat(store.has(SearchKind.APPROXIMATE)).isTrue();
            for (int k : new int[] {1, 10, 1024}) {
                List<float[]> keys = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    float[] key = rows[random.nextInt(rows.length)].clone();
                    key[i] += (float) random.nextGaussian();
                    keys.add(key);
                }
                int same = 0;
                List<Neighbours> batch = store.search(keys, k, SearchKind.APPROXIMATE);
                for (int q = 0; q < keys.size(); q++) {
                    Neighbours found = batch.get(q);
                    assertThat(found.size()).isEqualTo(k);
                    assertSame(
                            found,
                            plainLoop(rows, type, keys.get(q), found.positions(), k),
                            "exact distances, in order");
                    assertSame(
                            store.search(List.of(keys.get(q)), k, SearchKind.APPROXIMATE).get(0),
                            found,
                            "alone");
                    int[] wanted = plainLoop(rows, type, keys.get(q), all, k).positions();
                    same +=
                            (int)
                                    IntStream.of(wanted)
                                            .filter(
                                                    p ->
                                                            IntStream.of(found.positions())
                                                                    .anyMatch(f -> f == p))
                                            .count();
                }
                assertThat(same / (20.0 * k)).as("recall at %d", k).isGreaterThan(0.9);
            }
        }
    }

    @Test
    void aSmallGraphFindsEverything() throws IOException {
        float[][] rows = vectors(Seeds.random(), 70, 5);
        try (FileDatastore store = store(rows, VectorType.FP32, true, new KnowledgeOptions(1, 1))) {
            assertSame(
                    store.search(List.of(rows[3]), 1024, SearchKind.APPROXIMATE).get(0),
                    store.search(List.of(rows[3]), 1024, SearchKind.EXACT).get(0),
                    "all of them");
        }
    }

    @Test
    void refusesKeysAndPositionsThatCannotBe() throws IOException {
        FileDatastore store =
                store(new float[3][4], VectorType.FP32, false, new KnowledgeOptions(1, 1));
        float[] key = new float[4];
        assertThat(store.has(SearchKind.APPROXIMATE)).isFalse();
        assertThat(store.search(List.of(), 3, SearchKind.EXACT)).isEmpty();
        assertThat(store.nearest(key, new int[0], 3).size()).isZero();
        assertThatThrownBy(() -> store.search(List.of(key), 1, SearchKind.APPROXIMATE))
                .hasMessageContaining("was built without approximate search");
        assertThatThrownBy(() -> store.search(List.of(key), 0, SearchKind.EXACT))
                .hasMessage("`k` must be >= 1 (got 0)");
        assertThatThrownBy(() -> store.search(List.of(new float[3]), 1, SearchKind.EXACT))
                .hasMessage("`query.vector` must be as long as the index's dimension, 4 (got 3)");
        assertThatThrownBy(() -> store.nearest(key, new int[] {1, 3}, 1))
                .hasMessage("`position` must be in [0, 3) (got 3)");
        store.close();
        assertThatThrownBy(() -> store.search(List.of(key), 1, SearchKind.EXACT))
                .hasMessage("the datastore is closed");
        store.close();
    }
}
