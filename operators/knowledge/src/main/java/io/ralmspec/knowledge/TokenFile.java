package io.ralmspec.knowledge;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The tokens of a datastore's corpus, in order, as little-endian int32. Entry p of the datastore
 * has the key of what the model had in mind after token p, and token p + 1 as its value.
 * Thread-safe.
 */
final class TokenFile {
    static final int BYTES = Integer.BYTES;

    private final MappedFile file;

    private TokenFile(MappedFile file) {
        this.file = file;
    }

    static TokenFile open(Path path) throws IOException {
        return new TokenFile(MappedFile.open(path, BYTES));
    }

    int size() {
        return Math.toIntExact(file.size() / BYTES);
    }

    int token(int index) {
        return file.readInt((long) index * BYTES);
    }

    int[] tokens(int from, int to) {
        int[] tokens = new int[to - from];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = token(from + i);
        }
        return tokens;
    }
}
