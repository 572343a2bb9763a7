package io.ralmspec.knowledge;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** Reads a corpus line by line; the file's name says how. Not thread-safe. */
final class PassageReader implements Closeable {
    /**
     * A passage, or why its line can't be used.
     *
     * @param line counted from 1, header included
     */
    record Entry(long line, @Nullable Passage passage, @Nullable String problem) {}

    private static final int MAX_ID_CHARACTERS = 512;
    private static final int BUFFER_BYTES = 1 << 16;
    // The longest way to write one character: a JSON escape.
    private static final int MAX_BYTES_PER_CHARACTER = 6;

    private final PassageFormat format;
    private final int maxTextCharacters;
    private final CountingStream source;
    private final LineReader lines;

    private PassageReader(
            PassageFormat format, int maxTextCharacters, CountingStream source, InputStream text) {
        this.format = format;
        this.maxTextCharacters = maxTextCharacters;
        this.source = source;
        int maxLineBytes = MAX_BYTES_PER_CHARACTER * (2 * maxTextCharacters + MAX_ID_CHARACTERS);
        this.lines = new LineReader(text, maxLineBytes);
    }

    /**
     * @throws IndexException if the name ends in no known way or the header is wrong
     */
    static PassageReader open(Path path, int maxTextCharacters) throws IOException {
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        String plain = name.replaceFirst("\\.(gz|zst)$", "");
        PassageFormat format = format(path, plain);
        CountingStream source = new CountingStream(Files.newInputStream(path));
        try {
            InputStream text = source;
            if (name.endsWith(".gz")) {
                text = new GZIPInputStream(source, BUFFER_BYTES);
            } else if (name.endsWith(".zst")) {
                text = new ZstdInputStreamNoFinalizer(source);
            }
            PassageReader reader = new PassageReader(format, maxTextCharacters, source, text);
            reader.skipHeader(path);
            return reader;
        } catch (Throwable e) {
            source.close();
            throw e;
        }
    }

    private static PassageFormat format(Path path, String name) {
        if (name.endsWith(".tsv")) {
            return PassageFormat.TSV;
        } else if (name.endsWith(".jsonl")) {
            return PassageFormat.JSONL;
        }
        throw new IndexException(
                "corpus %s must end in .tsv or .jsonl, perhaps with .gz or .zst added"
                        .formatted(path));
    }

    private void skipHeader(Path path) throws IOException {
        if (format == PassageFormat.TSV) {
            LineReader.Line header = lines.next();
            if (header == null || !PassageFormat.TSV_HEADER.equals(header.text())) {
                throw new IndexException(
                        "corpus %s must begin with the line `id<TAB>text<TAB>title`"
                                .formatted(path));
            }
        }
    }

    /** Bytes of the file read so far. */
    long bytesRead() {
        return source.count();
    }

    /** The next line that is not blank, or null at the end. */
    @Nullable Entry next() throws IOException {
        for (LineReader.Line line = lines.next(); line != null; line = lines.next()) {
            String text = line.text();
            if (text == null) {
                return new Entry(line.number(), null, line.problem());
            } else if (!text.isBlank()) {
                try {
                    Passage passage = format.parse(text);
                    String problem = problem(passage);
                    return new Entry(line.number(), problem == null ? passage : null, problem);
                } catch (PassageFormat.BadLineException e) {
                    return new Entry(line.number(), null, e.reason());
                }
            }
        }
        return null;
    }

    private @Nullable String problem(Passage passage) {
        if (passage.id().isBlank()) {
            return "has an empty id";
        } else if (passage.id().length() > MAX_ID_CHARACTERS) {
            return "has an id of more than " + MAX_ID_CHARACTERS + " characters";
        } else if (passage.text().isBlank()) {
            return "has an empty text";
        } else if (passage.text().length() > maxTextCharacters) {
            return tooLong("text", passage.text());
        } else if (passage.title().length() > maxTextCharacters) {
            return tooLong("title", passage.title());
        }
        return null;
    }

    private String tooLong(String field, String value) {
        return "has a %s of %d characters, more than %d"
                .formatted(field, value.length(), maxTextCharacters);
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
