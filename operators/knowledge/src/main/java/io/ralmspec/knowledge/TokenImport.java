package io.ralmspec.knowledge;

import io.ralmspec.decoding.Tokenizer;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The first phase of a datastore: the corpus becomes one stream of tokens. Every passage is its
 * text and a line break, tokenised alone; nothing marks where one ends and the next begins.
 */
final class TokenImport {
    private static final int REPORT_EVERY = 1000;

    private final DatastoreSettings settings;
    private final Tokenizer tokenizer;
    private final BuildListener listener;
    private final List<SkippedLine> skipped = new ArrayList<>();
    private int tokens;

    TokenImport(DatastoreSettings settings, Tokenizer tokenizer, BuildListener listener) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.listener = listener;
    }

    int tokens() {
        return tokens;
    }

    List<SkippedLine> skipped() {
        return skipped;
    }

    /**
     * @throws IndexException if too many lines are bad or there are no two tokens
     */
    void run(Path file) throws IOException {
        long total = Files.size(settings.source());
        int limit = settings.maxEntries() == 0 ? Integer.MAX_VALUE - 1 : settings.maxEntries() + 1;
        int passages = 0;
        try (PassageReader reader =
                        PassageReader.open(
                                settings.source(), DatastoreSettings.MAX_TEXT_CHARACTERS);
                DataOutputStream out =
                        new DataOutputStream(
                                new BufferedOutputStream(Files.newOutputStream(file)))) {
            PassageReader.Entry entry = reader.next();
            while (entry != null && tokens < limit) {
                Passage passage = entry.passage();
                if (passage == null) {
                    skip(entry.line(), String.valueOf(entry.problem()));
                } else {
                    add(tokenizer.encode(passage.text() + "\n"), limit, out);
                    if (++passages % REPORT_EVERY == 0) {
                        listener.progress(
                                BuildPhase.READ, Math.min(total, reader.bytesRead()), total);
                    }
                }
                entry = reader.next();
            }
            if (entry != null && settings.maxEntries() == 0) {
                throw new IndexException(
                        "corpus %s has more than %d tokens: split it, or choose a number of entries"
                                .formatted(settings.source(), limit));
            }
        }
        if (tokens < 2) {
            throw new IndexException(
                    "corpus %s has %d tokens (%d lines skipped): a datastore needs two or more"
                            .formatted(settings.source(), tokens, skipped.size()));
        }
        IndexFiles.force(file);
        listener.progress(BuildPhase.READ, total, total);
    }

    private void add(int[] encoded, int limit, DataOutputStream out) throws IOException {
        int count = Math.min(encoded.length, limit - tokens);
        for (int i = 0; i < count; i++) {
            out.writeInt(Integer.reverseBytes(encoded[i]));
        }
        tokens += count;
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
