package io.ralmspec.knowledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.knnlm.KeyEncoder;
import io.ralmspec.decoding.knnlm.Neighbours;
import io.ralmspec.decoding.knnlm.SearchKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatastoreBuilderTest {
    private static final int DIMENSION = 6;
    private static final int MODEL_TOKENS = 40;
    private static final DatastoreSettings.Window WINDOW = new DatastoreSettings.Window(37, 10);

    @TempDir Path directory;

    private DatastoreSettings settings(String... texts) throws IOException {
        List<String> lines = new ArrayList<>(List.of("id\ttext\ttitle"));
        for (int i = 0; i < texts.length; i++) {
            lines.add(i + "\t" + texts[i] + "\tnot used");
        }
        Path source = Files.write(directory.resolve("c.tsv"), lines);
        return DatastoreSettings.of(source, directory.resolve("store"))
                .withWindow(WINDOW)
                .withThreads(1);
    }

    private static ScriptedKeys keys() {
        return new ScriptedKeys(DIMENSION, MODEL_TOKENS, "scripted");
    }

    private static BuildReport build(DatastoreSettings settings, ScriptedKeys keys) {
        return new DatastoreBuilder(settings, keys, keys, BuildListener.SILENT).build();
    }

    private static FileDatastore open(DatastoreSettings settings) {
        return FileDatastore.open(settings.target(), new KnowledgeOptions(2, 64));
    }

    /** Long enough for several journal entries. */
    private DatastoreSettings longCorpus() throws IOException {
        return settings(
                Corpus.random(Seeds.random(), 400).stream()
                        .map(Passage::text)
                        .toArray(String[]::new));
    }

    @Test
    void everyKeyIsMadeInItsWindowAndEveryValueIsTheNextToken() throws IOException {
        DatastoreSettings settings = longCorpus();
        int[] tokens =
                Files.readAllLines(settings.source()).stream()
                        .skip(1)
                        .flatMapToInt(line -> (line.split("\t")[1] + "\n").chars())
                        .toArray();
        BuildReport report = build(settings, keys());
        assertThat(report).isEqualTo(new BuildReport(tokens.length - 1, 0, List.of()));
        try (FileDatastore store = open(settings).verify()) {
            assertThat(store.size()).isEqualTo(tokens.length - 1).isGreaterThan(5000);
            assertThat(store.dimension()).isEqualTo(DIMENSION);
            for (int entry = 0; entry < store.size(); entry += 1 + entry % 7) {
                int begin = Math.max(0, entry / 27 * 27 - 10);
                float[][] window = keys().keys(Arrays.copyOfRange(tokens, begin, entry + 1));
                float[] key = window[window.length - 1];
                Neighbours itself = store.nearest(key, new int[] {entry}, 1);
                assertThat(itself.distances()).as("entry %d", entry).containsExactly(0f);
                assertThat(itself.tokens()).containsExactly(tokens[entry + 1]);
            }
        }
    }

    @Test
    void anInterruptedBuildGoesOnAndGivesTheSameFiles() throws IOException {
        DatastoreSettings settings = longCorpus();
        DatastoreSettings straight =
                new DatastoreSettings(
                        settings.source(),
                        directory.resolve("straight"),
                        VectorType.FP16,
                        true,
                        0,
                        WINDOW,
                        0,
                        1,
                        false);
        build(straight, keys());
        int windows = (Files.readAllBytes(straight.target().resolve("tokens.i32")).length / 4) / 27;

        settings = settings.withKeyType(VectorType.FP16);
        DatastoreSettings interrupted = settings;
        ScriptedKeys stopped = keys().failingAfter(windows / 2);
        assertThatThrownBy(() -> build(interrupted, stopped)).hasMessage("stopped");
        assertThat(stopped.windows()).isEqualTo(windows / 2);
        assertThat(settings.target()).doesNotExist();
        // What a crash in the middle of a write leaves behind.
        Path file = settings.partial().resolve(IndexFiles.KEYS);
        Files.write(file, new byte[999], StandardOpenOption.APPEND);

        ScriptedKeys second = keys();
        BuildReport report = build(settings, second);
        assertThat(report.resumed())
                .isGreaterThanOrEqualTo(Encoding.CHUNK)
                .isLessThan(windows * 14);
        // The rest, the window in which the first run's keys ended, and a partial last one.
        assertThat(second.windows()).isBetween(windows / 2, windows - report.resumed() / 27 + 2);
        for (String name : List.of(IndexFiles.KEYS, IndexFiles.TOKENS)) {
            assertThat(settings.target().resolve(name))
                    .hasSameBinaryContentAs(straight.target().resolve(name));
        }
        try (FileDatastore one = open(settings).verify();
                FileDatastore other = open(straight)) {
            assertThat(one.fingerprint()).isEqualTo(other.fingerprint()).hasSize(16);
            assertThat(one.manifest().approximate()).isTrue();
        }
        assertThat(settings.partial()).doesNotExist();
        assertThat(settings.target().resolve(BuildJournal.FILE)).doesNotExist();
    }

    @Test
    void startsOverWithAnotherModelOrOtherWindows() throws IOException {
        DatastoreSettings settings = longCorpus();
        for (int attempt = 0; attempt < 2; attempt++) {
            ScriptedKeys stopped =
                    new ScriptedKeys(DIMENSION, MODEL_TOKENS, "model" + attempt).failingAfter(100);
            assertThatThrownBy(() -> build(settings, stopped)).hasMessage("stopped");
            assertThat(stopped.windows()).isEqualTo(100);
        }
        DatastoreSettings others = settings.withWindow(new DatastoreSettings.Window(37, 9));
        ScriptedKeys last = new ScriptedKeys(DIMENSION, MODEL_TOKENS, "model1");
        assertThat(build(others, last).resumed()).isZero();
        try (FileDatastore store = open(settings)) {
            assertThat(store.requireModel("model1")).isSameAs(store);
            assertThat(store.manifest().leftTokens()).isEqualTo(9);
            assertThatThrownBy(() -> store.requireModel("model2"))
                    .isInstanceOf(IndexException.class)
                    .hasMessageContaining(
                            "was built with model model1, but the job uses model model2");
        }
    }

    @Test
    void stopsAtTheNumberOfEntriesWanted() throws IOException {
        DatastoreSettings settings = settings("abcdef", "ghi").withMaxEntries(4);
        assertThat(build(settings, keys()).documents()).isEqualTo(4);
        try (FileDatastore store = open(settings)) {
            int[] all = {0, 1, 2, 3};
            Neighbours found = store.nearest(new float[DIMENSION], all, 9);
            int[] tokens = new int[4];
            for (int i = 0; i < 4; i++) {
                tokens[found.positions()[i]] = found.tokens()[i];
            }
            assertThat(new String(tokens, 0, 4)).isEqualTo("bcde");
        }
    }

    @Test
    void refusesWhatMakesNoDatastore() throws IOException {
        assertThatThrownBy(() -> build(settings(), keys()))
                .hasMessageContaining("has 0 tokens (0 lines skipped): a datastore needs two");
        DatastoreSettings wide =
                settings("abc").withWindow(new DatastoreSettings.Window(MODEL_TOKENS + 1, 1));
        assertThatThrownBy(() -> build(wide, keys()))
                .hasMessage("`window_tokens` must be <= what the model can take, 40 (got 41)");
        assertThatThrownBy(
                        () -> build(wide.withWindow(new DatastoreSettings.Window(10, 10)), keys()))
                .hasMessage("`left_tokens` must be < window_tokens, 10 (got 10)");
        DatastoreSettings good = settings("abc");
        build(good, keys());
        assertThatThrownBy(() -> build(good, keys())).hasMessageContaining("is already there");
        assertThatThrownBy(() -> FileKnowledgeBase.open(good.target(), KnowledgeOptions.defaults()))
                .isInstanceOf(RuntimeException.class);
        assertThatThrownBy(() -> FileDatastore.open(directory, KnowledgeOptions.defaults()))
                .hasMessageContaining("has no manifest.json, so it is not a finished datastore");
    }

    @Test
    void refusesNumbersTooLargeForFp16() throws IOException {
        ScriptedKeys tokenizer = keys();
        KeyEncoder large =
                new KeyEncoder() {
                    @Override
                    public int dimension() {
                        return 1;
                    }

                    @Override
                    public int windowTokens() {
                        return MODEL_TOKENS;
                    }

                    @Override
                    public String fingerprint() {
                        return "large";
                    }

                    @Override
                    public float[][] keys(int[] window) {
                        float[][] keys = new float[window.length][1];
                        keys[1][0] = 70_000;
                        return keys;
                    }
                };
        DatastoreSettings settings = settings("abc").withKeyType(VectorType.FP16);
        assertThatThrownBy(
                        () ->
                                new DatastoreBuilder(
                                                settings, tokenizer, large, BuildListener.SILENT)
                                        .build())
                .hasMessage(
                        "model large gave entry 1 a key with 70000.0 in it, which is no finite fp16"
                                + " number: choose fp32");
        DatastoreSettings wide = settings.withKeyType(VectorType.FP32);
        new DatastoreBuilder(wide, tokenizer, large, BuildListener.SILENT).build();
        try (FileDatastore store = open(wide)) {
            assertThat(store.search(List.of(new float[1]), 9, SearchKind.APPROXIMATE).get(0).size())
                    .isEqualTo(3);
        }
    }

    @Test
    void noticesDamagedFiles() throws IOException {
        DatastoreSettings settings = settings("abcdefgh");
        build(settings, keys());
        Path tokens = settings.target().resolve(IndexFiles.TOKENS);
        byte[] bytes = Files.readAllBytes(tokens);
        bytes[4]++;
        Files.write(tokens, bytes);
        try (FileDatastore store = open(settings)) {
            assertThatThrownBy(store::verify)
                    .hasMessageContaining("is damaged, tokens.i32 has checksum crc32c:");
        }
        Files.write(tokens, Arrays.copyOf(bytes, bytes.length - 4));
        assertThatThrownBy(() -> open(settings))
                .hasMessageContaining("is damaged, tokens.i32 has 32 bytes instead of 36");
    }
}
