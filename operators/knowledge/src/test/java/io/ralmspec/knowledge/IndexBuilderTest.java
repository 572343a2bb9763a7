package io.ralmspec.knowledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.ralmspec.decoding.DocumentEncoder;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.RetrieverKind;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IndexBuilderTest {
    private static final KnowledgeOptions OPTIONS = new KnowledgeOptions(2, 128);

    @TempDir Path directory;

    /** Keeps what it is told and checks that progress only goes forward. */
    private static final class Recorder implements BuildListener {
        private final Map<BuildPhase, Long> done = new EnumMap<>(BuildPhase.class);
        private final Map<BuildPhase, Long> totals = new EnumMap<>(BuildPhase.class);
        private final List<SkippedLine> skipped = new ArrayList<>();
        private int resumed = -1;

        @Override
        public void progress(BuildPhase phase, long now, long total) {
            assertThat(now).isGreaterThanOrEqualTo(done.getOrDefault(phase, 0L));
            done.put(phase, now);
            totals.put(phase, total);
        }

        @Override
        public void skipped(SkippedLine line) {
            skipped.add(line);
        }

        @Override
        public void resumed(int encodedDocuments) {
            resumed = encodedDocuments;
        }
    }

    private Path target() {
        return directory.resolve("index");
    }

    private IndexSettings settings(String name, String... lines) throws IOException {
        Path source = Files.write(directory.resolve(name), List.of(lines));
        return IndexSettings.of(source, target()).withRetrievers(Set.of(RetrieverKind.BM25));
    }

    private static BuildReport build(IndexSettings settings) {
        return new IndexBuilder(settings, new HashEncoder(8), BuildListener.SILENT).build();
    }

    private List<Passage> contents() {
        try (FileKnowledgeBase base = FileKnowledgeBase.open(target(), OPTIONS)) {
            return IntStream.range(0, base.size())
                    .mapToObj(i -> new Passage(base.id(i), base.title(i), base.text(i)))
                    .toList();
        }
    }

    @Test
    void buildsAllRetrieversAndReportsEachPhaseToItsEnd() {
        List<Passage> passages = Corpus.random(Seeds.random(), 1500);
        IndexSettings settings = IndexSettings.of(Corpus.write(directory, passages), target());
        Recorder recorder = new Recorder();
        BuildReport report = new IndexBuilder(settings, new HashEncoder(24), recorder).build();

        assertThat(report).isEqualTo(new BuildReport(1500, 0, List.of()));
        assertThat(recorder.done.keySet())
                .isEqualTo(EnumSet.complementOf(EnumSet.of(BuildPhase.KEYS)));
        assertThat(recorder.done).isEqualTo(recorder.totals);
        assertThat(recorder.done).containsEntry(BuildPhase.ENCODE, 1500L);
        assertThat(contents()).isEqualTo(passages);
        assertThat(settings.partial()).doesNotExist();
        assertThat(target().resolve(BuildJournal.FILE)).doesNotExist();
        try (FileKnowledgeBase base = FileKnowledgeBase.open(target(), OPTIONS)) {
            base.verify().requireEncoder("hash-24");
            for (RetrieverKind kind : RetrieverKind.values()) {
                Query query =
                        new Query(
                                passages.get(77).indexedText(),
                                new HashEncoder(24).encode(passages.get(77).indexedText()));
                int found = base.retriever(kind).search(List.of(query), 1).get(0).top().document();
                assertThat(passages.get(found).text()).isEqualTo(passages.get(77).text());
            }
        }
    }

    @Test
    void readsQuotedAndUnquotedTsv() throws IOException {
        build(
                settings(
                        "c.tsv",
                        "id\ttext\ttitle",
                        "1\tplain text\tTitle",
                        "2\t\"he said \"\"no\"\" twice\"\t\"\"\"Weird\"\" Al\"",
                        "3\t\"Hello\" begins unquoted\t",
                        "4\t\"a\ttab inside\"\tT",
                        "",
                        "5\twith \"quotes\" inside\t\""));
        assertThat(contents())
                .containsExactly(
                        new Passage("1", "Title", "plain text"),
                        new Passage("2", "\"Weird\" Al", "he said \"no\" twice"),
                        new Passage("3", "", "\"Hello\" begins unquoted"),
                        new Passage("4", "T", "a\ttab inside"),
                        new Passage("5", "\"", "with \"quotes\" inside"));
    }

    @Test
    void readsJsonLinesWithWindowsLineBreaksAndByteOrderMark() throws IOException {
        Path source = directory.resolve("c.jsonl");
        Files.writeString(
                source,
                "\uFEFF{\"id\":\"a\",\"title\":\"T\",\"text\":\"caf\\u00e9 😀\",\"more\":1}\r\n"
                        + "{\"id\":7,\"text\":\"no title\"}");
        build(
                IndexSettings.of(source, target())
                        .withRetrievers(Set.of(RetrieverKind.EXACT, RetrieverKind.HNSW)));
        assertThat(contents())
                .containsExactly(
                        new Passage("a", "T", "café 😀"), new Passage("7", "", "no title"));
    }

    @Test
    void readsCompressedCorpora() throws IOException {
        byte[] plain = "id\ttext\ttitle\n1\tsome text\tT\n".getBytes(StandardCharsets.UTF_8);
        Path gzip = directory.resolve("c.tsv.gz");
        try (var out = new GZIPOutputStream(Files.newOutputStream(gzip))) {
            out.write(plain);
        }
        Path zstd = directory.resolve("c.tsv.zst");
        Files.write(zstd, Zstd.compress(plain));
        for (Path source : List.of(gzip, zstd)) {
            build(
                    IndexSettings.of(source, target())
                            .withRetrievers(Set.of(RetrieverKind.BM25))
                            .withReplace(true));
            assertThat(contents()).containsExactly(new Passage("1", "T", "some text"));
        }
    }

    @Test
    void skipsBadLinesAndSaysWhichAndWhy() throws IOException {
        IndexSettings settings =
                settings(
                                "c.tsv",
                                "id\ttext\ttitle",
                                "1\tgood\tT",
                                "2\ttwo columns",
                                "3\t \tT",
                                "1\tsame id\tT",
                                "\tno id\tT",
                                "4\tfar too long a text\tT",
                                "5\talso good\tT")
                        .withMaxTextCharacters(12);
        List<SkippedLine> expected =
                List.of(
                        new SkippedLine(3, "has 2 columns instead of 3"),
                        new SkippedLine(4, "has an empty text"),
                        new SkippedLine(5, "repeats the id of an earlier line"),
                        new SkippedLine(6, "has an empty id"),
                        new SkippedLine(7, "has a text of 19 characters, more than 12"));
        Recorder recorder = new Recorder();
        BuildReport report = new IndexBuilder(settings, null, recorder).build();
        assertThat(report.skipped()).isEqualTo(expected).isEqualTo(recorder.skipped);
        assertThat(contents()).extracting(Passage::id).containsExactly("1", "5");
    }

    @Test
    void skipsBadJsonAndDamagedText() throws IOException {
        Path source = directory.resolve("c.jsonl");
        Files.write(
                source,
                ("not json\n[]\n{\"text\":\"x\"}\n{\"id\":\"1\"}\n{\"id\":\"1\",\"text\":5}\n"
                                + "{\"id\":\"\u00ff\",\"text\":\"x\"}\n{\"id\":\"2\",\"text\":\""
                                + "y".repeat(8000)
                                + "\"}\n{\"id\":\"3\",\"text\":\"fine\"}\n")
                        .getBytes(StandardCharsets.ISO_8859_1));
        BuildReport report =
                build(
                        IndexSettings.of(source, target())
                                .withRetrievers(Set.of(RetrieverKind.BM25))
                                .withMaxTextCharacters(100));
        assertThat(report.skipped())
                .containsExactly(
                        new SkippedLine(1, "is not JSON"),
                        new SkippedLine(2, "is not a JSON object"),
                        new SkippedLine(3, "has no `id` that is text or a whole number"),
                        new SkippedLine(4, "has no `text` that is text"),
                        new SkippedLine(5, "has no `text` that is text"),
                        new SkippedLine(6, "is not UTF-8"),
                        new SkippedLine(7, "is longer than 4272 bytes"));
        assertThat(contents()).extracting(Passage::id).containsExactly("3");
    }

    @Test
    void failsWhenMoreLinesAreBadThanAllowed() throws IOException {
        IndexSettings settings =
                settings("c.tsv", "id\ttext\ttitle", "a", "b", "1\tgood\tT").withMaxBadLines(1);
        assertThatThrownBy(() -> build(settings))
                .isInstanceOf(IndexException.class)
                .hasMessage(
                        "corpus %s has more than 1 bad lines, the last is line 3, which has 1"
                                + " columns instead of 3: correct it or raise `max_bad_lines`",
                        settings.source());
        assertThat(target()).doesNotExist();
        assertThat(build(settings.withMaxBadLines(2)).documents()).isEqualTo(1);
    }

    @Test
    void indexesOnlyTheFirstDocumentsUpToTheLimit() throws IOException {
        IndexSettings settings =
                settings("c.tsv", "id\ttext\ttitle", "1\ta\tT", "bad", "2\tb\tT", "3\tc\tT");
        assertThat(build(settings.withLimit(2)).documents()).isEqualTo(2);
        assertThat(contents()).extracting(Passage::id).containsExactly("1", "2");
    }

    @Test
    void refusesCorporaItCannotRead() throws IOException {
        assertThatThrownBy(() -> build(settings("c.tsv", "id\ttext\ttitle")))
                .hasMessageContaining("has no documents (0 lines skipped): nothing to index");
        assertThatThrownBy(() -> build(settings("d.tsv", "1\tsecret\tT")))
                .hasMessageContaining("must begin with the line `id<TAB>text<TAB>title`")
                .hasMessageNotContaining("secret");
        assertThatThrownBy(() -> build(settings("c.csv", "x")))
                .hasMessageContaining("must end in .tsv or .jsonl");
        assertThatThrownBy(() -> build(IndexSettings.of(directory.resolve("no.tsv"), target())))
                .hasMessageContaining("no.tsv is not a file");
        assertThat(target()).doesNotExist();
    }

    @Test
    void replacesAnIndexOnlyWhenAsked() throws IOException {
        IndexSettings settings = settings("c.tsv", "id\ttext\ttitle", "1\told\tT");
        build(settings);
        Files.writeString(settings.source(), "id\ttext\ttitle\n1\tnew\tT\n");
        assertThatThrownBy(() -> build(settings))
                .hasMessage(
                        "%s is already there: choose another target, or ask to replace it",
                        target());
        assertThat(contents()).extracting(Passage::text).containsExactly("old");
        build(settings.withReplace(true));
        assertThat(contents()).extracting(Passage::text).containsExactly("new");
        assertThat(directory.resolve("index.old")).doesNotExist();
    }

    @Test
    void goesOnAfterAnInterruptionAndBuildsTheSameIndex() throws IOException {
        List<Passage> passages = Corpus.random(Seeds.random(), 3 * Encoding.CHUNK + 10);
        Path source = Corpus.write(directory, passages);
        IndexSettings settings = IndexSettings.of(source, target()).withThreads(1);
        IndexSettings straight =
                IndexSettings.of(source, directory.resolve("straight")).withThreads(1);
        new IndexBuilder(straight, new HashEncoder(16), BuildListener.SILENT).build();

        HashEncoder stopped = new HashEncoder(16).failingAfter(2 * Encoding.CHUNK + 100);
        assertThatThrownBy(() -> new IndexBuilder(settings, stopped, BuildListener.SILENT).build())
                .hasMessage("stopped");
        assertThat(target()).doesNotExist();
        // What a crash in the middle of a write leaves behind.
        Path vectors = settings.partial().resolve(IndexFiles.VECTORS);
        Files.write(vectors, new byte[777], StandardOpenOption.APPEND);

        HashEncoder second = new HashEncoder(16);
        Recorder recorder = new Recorder();
        BuildReport report = new IndexBuilder(settings, second, recorder).build();
        assertThat(report.resumed()).isEqualTo(2 * Encoding.CHUNK).isEqualTo(recorder.resumed);
        assertThat(second.encoded()).isEqualTo(Encoding.CHUNK + 10);
        assertThat(recorder.done).doesNotContainKey(BuildPhase.READ);
        assertThat(contents()).isEqualTo(passages);
        for (String file : List.of(IndexFiles.VECTORS, IndexFiles.RECORDS, IndexFiles.OFFSETS)) {
            assertThat(target().resolve(file))
                    .hasSameBinaryContentAs(straight.target().resolve(file));
        }
        FileKnowledgeBase.open(target(), OPTIONS).verify().close();
    }

    @Test
    void startsOverWhenTheEncoderOrTheCorpusIsAnother() throws IOException {
        int size = 2 * Encoding.CHUNK;
        Path source = Corpus.write(directory, Corpus.random(Seeds.random(), size));
        IndexSettings settings =
                IndexSettings.of(source, target()).withRetrievers(Set.of(RetrieverKind.EXACT));
        for (int attempt = 0; attempt < 2; attempt++) {
            HashEncoder stopped = new HashEncoder(16).failingAfter(size - 1);
            assertThatThrownBy(
                            () -> new IndexBuilder(settings, stopped, BuildListener.SILENT).build())
                    .hasMessage("stopped");
            assertThat(stopped.encoded()).isBetween(attempt == 0 ? size / 2 : 1, size - 1);
            Files.writeString(source, "x\tone more\tT\n", StandardOpenOption.APPEND);
        }
        HashEncoder other = new HashEncoder(16, "other");
        BuildReport report = new IndexBuilder(settings, other, BuildListener.SILENT).build();
        assertThat(report.resumed()).isZero();
        assertThat(report.documents()).isEqualTo(size + 1);
        assertThat(other.encoded()).isEqualTo(size + 1);
    }

    @Test
    void refusesASecondBuildOfTheSameTargetAtTheSameTime() throws IOException {
        IndexSettings settings = settings("c.tsv", "id\ttext\ttitle", "1\ta\tT");
        Files.createDirectories(settings.partial());
        try (FileChannel other =
                FileChannel.open(
                        settings.partial().resolve(BuildLock.FILE),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE)) {
            other.lock();
            assertThatThrownBy(() -> build(settings))
                    .hasMessageContaining("another build is writing");
        }
        assertThat(build(settings).documents()).isEqualTo(1);
    }

    @Test
    void refusesVectorsThatHaveNoUnitLength() throws IOException {
        IndexSettings settings =
                settings("c.tsv", "id\ttext\ttitle", "1\ta\tT")
                        .withRetrievers(Set.of(RetrieverKind.EXACT));
        DocumentEncoder broken =
                new DocumentEncoder() {
                    @Override
                    public int dimension() {
                        return 2;
                    }

                    @Override
                    public String fingerprint() {
                        return "broken";
                    }

                    @Override
                    public float[][] encodeDocuments(List<String> texts) {
                        return new float[][] {{Float.NaN, 1}};
                    }
                };
        assertThatThrownBy(() -> new IndexBuilder(settings, broken, BuildListener.SILENT).build())
                .hasMessage(
                        "encoder broken gave document 1 a vector of 2 numbers and squared length"
                                + " NaN, not of 2 numbers and length 1");
    }

    @Test
    void needsAnEncoderForDenseRetrieversOnly() throws IOException {
        IndexSettings settings = settings("c.tsv", "id\ttext\ttitle", "1\ta\tT");
        assertThatThrownBy(
                        () ->
                                new IndexBuilder(
                                        settings.withRetrievers(Set.of(RetrieverKind.HNSW)),
                                        null,
                                        BuildListener.SILENT))
                .hasMessage("`encoder` must be given for dense retrievers (got none)");
        assertThat(new IndexBuilder(settings, null, BuildListener.SILENT).build().documents())
                .isEqualTo(1);
    }
}
