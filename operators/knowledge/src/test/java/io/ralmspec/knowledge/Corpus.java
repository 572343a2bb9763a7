package io.ralmspec.knowledge;

import io.ralmspec.decoding.RetrieverKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Random corpora over a small vocabulary, common words first, and indexes of them. */
final class Corpus {
    private static final int VOCABULARY = 400;

    private Corpus() {}

    /** About one document in ten repeats an earlier text, so that scores tie. */
    static List<Passage> random(Random random, int size) {
        List<Passage> passages = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            if (i > 0 && random.nextInt(10) == 0) {
                Passage earlier = passages.get(random.nextInt(i));
                passages.add(new Passage("d" + i, earlier.title(), earlier.text()));
            } else {
                int words = random.nextInt(50) == 0 ? 400 : 3 + random.nextInt(30);
                String title = random.nextBoolean() ? "" : words(random, 2);
                passages.add(new Passage("d" + i, title, words(random, words)));
            }
        }
        return passages;
    }

    static String words(Random random, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> word(random))
                .collect(Collectors.joining(" "));
    }

    /** Zipf-like: low numbers are common. */
    private static String word(Random random) {
        return "w" + (int) (VOCABULARY * Math.pow(random.nextDouble(), 3));
    }

    static Path write(Path directory, List<Passage> passages) {
        Path source = directory.resolve("corpus.tsv");
        List<String> lines = new ArrayList<>();
        lines.add(PassageFormat.TSV_HEADER);
        passages.forEach(p -> lines.add(p.id() + "\t" + p.text() + "\t" + p.title()));
        try {
            return Files.write(source, lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Builds an index of these passages below {@code directory} and opens it. */
    static FileKnowledgeBase index(
            Path directory,
            List<Passage> passages,
            HashEncoder encoder,
            KnowledgeOptions options,
            RetrieverKind... kinds) {
        try {
            Path own = Files.createTempDirectory(directory, "corpus");
            IndexSettings settings =
                    IndexSettings.of(write(own, passages), own.resolve("index"))
                            .withRetrievers(Set.of(kinds))
                            .withThreads(2);
            new IndexBuilder(settings, encoder, BuildListener.SILENT).build();
            return FileKnowledgeBase.open(settings.target(), options);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
