package io.ralmspec.knowledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.RetrieverKind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileKnowledgeBaseTest {
    private static final KnowledgeOptions OPTIONS = KnowledgeOptions.defaults();

    @TempDir Path directory;
    private Path index;

    @BeforeEach
    void buildAnIndex() {
        index = directory.resolve("index");
        build(Set.of(RetrieverKind.values()));
    }

    private void build(Set<RetrieverKind> kinds) {
        Path source = Corpus.write(directory, Corpus.random(Seeds.random(), 200));
        IndexSettings settings =
                IndexSettings.of(source, index).withRetrievers(kinds).withReplace(true);
        new IndexBuilder(settings, new HashEncoder(16), BuildListener.SILENT).build();
    }

    private void edit(String from, String to) throws IOException {
        Path manifest = index.resolve(IndexFiles.MANIFEST);
        String text = Files.readString(manifest);
        assertThat(text).contains(from);
        Files.writeString(manifest, text.replace(from, to));
    }

    private void assertRefused(String message, Object... values) {
        assertThatThrownBy(() -> FileKnowledgeBase.open(index, OPTIONS))
                .isInstanceOf(IndexException.class)
                .hasMessage(message, values);
    }

    @Test
    void saysWhatTheIndexHolds() {
        try (FileKnowledgeBase base = FileKnowledgeBase.open(index, OPTIONS)) {
            IndexManifest manifest = base.manifest();
            assertThat(manifest.documents()).isEqualTo(200).isEqualTo(base.size());
            assertThat(manifest.dimension()).isEqualTo(16);
            assertThat(manifest.encoder()).isEqualTo("hash-16");
            assertThat(manifest.analyzer()).isEqualTo(Bm25Text.ANALYZER);
            assertThat(manifest.retrievers()).containsExactly("bm25", "exact", "hnsw");
            assertThat(manifest.source()).isEqualTo("corpus.tsv");
            assertThat(manifest.files())
                    .containsKeys("documents.dat", "documents.idx", "vectors.f32")
                    .containsEntry(
                            "vectors.f32",
                            new IndexManifest.FileEntry(
                                    4 * 64 * 16 * 4,
                                    manifest.files().get("vectors.f32").checksum()));
            assertThat(base.id(199)).isEqualTo("d199");
        }
    }

    @Test
    void itsFingerprintIsThatOfItsPassagesAndHowTheyAreFound() {
        List<Passage> passages = Corpus.random(Seeds.random(), 50);
        List<Passage> swapped = new ArrayList<>(passages);
        Collections.swap(swapped, 3, 4);
        List<Passage> fewer = passages.subList(0, 49);
        String fingerprint = fingerprint(passages, 16);
        assertThat(fingerprint).matches("[0-9a-f]{16}");
        assertThat(fingerprint(passages, 16)).as("built again").isEqualTo(fingerprint);
        assertThat(fingerprint(swapped, 16)).isNotEqualTo(fingerprint);
        assertThat(fingerprint(fewer, 16)).isNotEqualTo(fingerprint);
        assertThat(fingerprint(passages, 8)).as("another encoder").isNotEqualTo(fingerprint);
    }

    private String fingerprint(List<Passage> passages, int dimension) {
        HashEncoder encoder = new HashEncoder(dimension);
        try (FileKnowledgeBase base =
                Corpus.index(directory, passages, encoder, OPTIONS, RetrieverKind.values())) {
            return base.fingerprint();
        }
    }

    @Test
    void refusesADirectoryWithoutManifest() throws IOException {
        Files.delete(index.resolve(IndexFiles.MANIFEST));
        assertRefused(
                "%s has no manifest.json, so it is not a finished index: build one with `ralmspec"
                        + " index`",
                index);
        index = directory.resolve("nowhere");
        assertRefused(
                "%s has no manifest.json, so it is not a finished index: build one with `ralmspec"
                        + " index`",
                index);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{\"formatVersion\": 1", "{\"formatVersion\": 1}"})
    void refusesADamagedManifest(String text) throws IOException {
        Files.writeString(index.resolve(IndexFiles.MANIFEST), text);
        assertThatThrownBy(() -> FileKnowledgeBase.open(index, OPTIONS))
                .isInstanceOf(IndexException.class)
                .hasMessageContaining(index.toString());
    }

    @Test
    void refusesAnotherFormatVersion() throws IOException {
        edit("\"formatVersion\" : 1", "\"formatVersion\" : 9");
        assertRefused(
                "index %s has format version 9, but this version reads 1: rebuild it with `ralmspec"
                        + " index`",
                index);
    }

    @Test
    void refusesAnotherAnalyzer() throws IOException {
        edit(Bm25Text.ANALYZER, "german");
        assertRefused(
                "index %s was built with analyzer german, but this version uses lucene-english-1:"
                        + " rebuild it with `ralmspec index`",
                index);
    }

    @Test
    void refusesAnIndexWithoutDocuments() throws IOException {
        edit("\"documents\" : 200", "\"documents\" : 0");
        assertRefused("index %s holds no documents: build one from a corpus that has some", index);
    }

    @Test
    void refusesAManifestThatContradictsTheFiles() throws IOException {
        edit("\"documents\" : 200", "\"documents\" : 201");
        assertRefused(
                "index %s is damaged, documents.idx holds another number of documents: copy it"
                        + " again or rebuild it with `ralmspec index`",
                index);
        edit("\"documents\" : 201", "\"documents\" : 200");
        edit("\"dimension\" : 16", "\"dimension\" : 17");
        assertRefused(
                "index %s is damaged, vectors.f32 holds another number of vectors: copy it again or"
                        + " rebuild it with `ralmspec index`",
                index);
    }

    @Test
    void refusesEveryFileThatIsTruncatedOrMissing() throws IOException {
        Map<String, IndexManifest.FileEntry> files;
        try (FileKnowledgeBase base = FileKnowledgeBase.open(index, OPTIONS)) {
            files = base.manifest().files();
        }
        assertThat(files).hasSizeGreaterThan(10);
        for (Map.Entry<String, IndexManifest.FileEntry> entry : files.entrySet()) {
            Path file = index.resolve(entry.getKey());
            byte[] content = Files.readAllBytes(file);
            try (RandomAccessFile shortened = new RandomAccessFile(file.toFile(), "rw")) {
                shortened.setLength(content.length - 1);
            }
            assertRefused(
                    "index %s is damaged, %s has %d bytes instead of %d: copy it again or rebuild"
                            + " it with `ralmspec index`",
                    index, entry.getKey(), content.length - 1, content.length);
            Files.delete(file);
            assertRefused(
                    "index %s is damaged, %s is missing: copy it again or rebuild it with `ralmspec"
                            + " index`",
                    index, entry.getKey());
            Files.write(file, content);
        }
        FileKnowledgeBase.open(index, OPTIONS).close();
    }

    @Test
    void verifyNoticesASingleChangedBit() throws IOException {
        Path vectors = index.resolve(IndexFiles.VECTORS);
        byte[] content = Files.readAllBytes(vectors);
        content[content.length / 2] ^= 1;
        Files.write(vectors, content);
        try (FileKnowledgeBase base = FileKnowledgeBase.open(index, OPTIONS)) {
            assertThatThrownBy(base::verify)
                    .isInstanceOf(IndexException.class)
                    .hasMessageContaining("vectors.f32 has checksum crc32c:");
        }
    }

    @Test
    void refusesAnotherEncoder() {
        try (FileKnowledgeBase base = FileKnowledgeBase.open(index, OPTIONS)) {
            assertThat(base.requireEncoder("hash-16")).isSameAs(base);
            assertThatThrownBy(() -> base.requireEncoder("minilm"))
                    .isInstanceOf(IndexException.class)
                    .hasMessage(
                            "index %s was built with encoder hash-16, but the job uses encoder"
                                    + " minilm: rebuild it with `ralmspec index`",
                            index);
        }
    }

    @Test
    void anIndexWithoutVectorsGoesWithAnyEncoder() {
        build(Set.of(RetrieverKind.BM25));
        try (FileKnowledgeBase base = FileKnowledgeBase.open(index, OPTIONS)) {
            assertThat(base.requireEncoder("minilm").has(RetrieverKind.EXACT)).isFalse();
            assertThat(base.manifest().encoder()).isNull();
            assertThatThrownBy(() -> base.retriever(RetrieverKind.EXACT))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "index %s was built without retriever `exact`, it has [bm25]: rebuild"
                                    + " it with that one",
                            index);
        }
    }

    @Test
    void keepsNoBlockedVectorsWithoutExactSearch() {
        build(Set.of(RetrieverKind.HNSW));
        assertThat(index.resolve(IndexFiles.VECTORS)).doesNotExist();
        FileKnowledgeBase.open(index, OPTIONS).verify().close();
    }

    @Test
    void refusesUseAfterClosing() {
        FileKnowledgeBase base = FileKnowledgeBase.open(index, OPTIONS);
        base.close();
        base.close();
        assertThatThrownBy(() -> base.retriever(RetrieverKind.BM25))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the knowledge base is closed");
    }

    @Test
    void refusesOptionsOutOfRange() {
        assertThatThrownBy(() -> new KnowledgeOptions(0, 128))
                .hasMessage("`search_threads` must be in [1, 1024] (got 0)");
        assertThatThrownBy(() -> new KnowledgeOptions(1, 10_001))
                .hasMessage("`ef_search` must be in [1, 10000] (got 10001)");
        assertThat(OPTIONS.efSearch()).isEqualTo(128);
    }
}
