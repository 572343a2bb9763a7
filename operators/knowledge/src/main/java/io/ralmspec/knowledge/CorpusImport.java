package io.ralmspec.knowledge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The first phase: corpus to document store, bad lines left out and counted. */
final class CorpusImport {
    private static final int REPORT_EVERY = 1000;
    // Below Lucene's own bound.
    private static final int MAX_DOCUMENTS = 2_000_000_000;

    private final IndexSettings settings;
    private final BuildListener listener;
    private final List<SkippedLine> skipped = new ArrayList<>();
    private final IdSet ids = new IdSet();
    private int documents;

    CorpusImport(IndexSettings settings, BuildListener listener) {
        this.settings = settings;
        this.listener = listener;
    }

    int documents() {
        return documents;
    }

    List<SkippedLine> skipped() {
        return skipped;
    }

    /**
     * @throws IndexException if too many lines are bad or no document is left
     */
    void run(Path directory) throws IOException {
        Path records = directory.resolve(IndexFiles.RECORDS);
        Path offsets = directory.resolve(IndexFiles.OFFSETS);
        long total = Files.size(settings.source());
        int limit = settings.limit() == 0 ? MAX_DOCUMENTS : settings.limit();
        try (PassageReader reader =
                        PassageReader.open(settings.source(), settings.maxTextCharacters());
                DocumentStoreWriter writer = new DocumentStoreWriter(records, offsets)) {
            PassageReader.Entry entry = reader.next();
            while (entry != null && writer.size() < limit) {
                Passage passage = entry.passage();
                if (passage == null) {
                    skip(entry.line(), String.valueOf(entry.problem()));
                } else if (!ids.add(passage.id())) {
                    skip(entry.line(), "repeats the id of an earlier line");
                } else {
                    writer.add(passage);
                }
                if (writer.size() % REPORT_EVERY == 0) {
                    listener.progress(BuildPhase.READ, Math.min(total, reader.bytesRead()), total);
                }
                entry = reader.next();
            }
            if (entry != null && settings.limit() == 0) {
                throw new IndexException(
                        "corpus %s has more than %d documents: split it"
                                .formatted(settings.source(), MAX_DOCUMENTS));
            }
            documents = writer.size();
        }
        if (documents == 0) {
            throw new IndexException(
                    "corpus %s has no documents (%d lines skipped): nothing to index"
                            .formatted(settings.source(), skipped.size()));
        }
        IndexFiles.force(records);
        IndexFiles.force(offsets);
        listener.progress(BuildPhase.READ, total, total);
    }

    private void skip(long line, String reason) {
        SkippedLine bad = new SkippedLine(line, reason);
        skipped.add(bad);
        listener.skipped(bad);
        if (skipped.size() > settings.maxBadLines()) {
            throw new IndexException(
                    "corpus %s has more than %d bad lines, the last is line %d, which %s: correct it or raise `max_bad_lines`"
                            .formatted(settings.source(), settings.maxBadLines(), line, reason));
        }
    }
}
