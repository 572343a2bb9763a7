package io.ralmspec.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds operators in an ONNX file without loading it. In the protobuf of a graph, a node's operator
 * is field 4, a string: the bytes 0x22, length, name. That is what is searched, so a name inside a
 * longer name or in a tensor's name does not count.
 */
final class GraphOperators {
    private static final byte OP_TYPE_TAG = 0x22;
    private static final int BUFFER_BYTES = 1 << 20;

    private GraphOperators() {}

    /**
     * Those of {@code names} that occur, sorted. Reads the file once, in constant memory.
     *
     * @param names at most 127 characters each
     */
    static Set<String> find(Path file, Set<String> names) throws IOException {
        byte[][] patterns =
                names.stream()
                        .map(name -> name.getBytes(StandardCharsets.US_ASCII))
                        .toArray(byte[][]::new);
        int longest = Arrays.stream(patterns).mapToInt(p -> p.length).max().orElse(0) + 2;
        Set<String> found = new TreeSet<>();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            int kept = 0;
            int read;
            while ((read = in.read(buffer, kept, buffer.length - kept)) > 0) {
                int end = kept + read;
                search(buffer, end, patterns, found);
                // A name may be cut by the end of the buffer: its bytes come first in the next one.
                kept = Math.min(longest, end);
                System.arraycopy(buffer, end - kept, buffer, 0, kept);
            }
        }
        return found;
    }

    private static void search(byte[] buffer, int end, byte[][] patterns, Set<String> found) {
        for (int i = 0; i + 1 < end; i++) {
            if (buffer[i] == OP_TYPE_TAG) {
                for (byte[] name : patterns) {
                    int from = i + 2;
                    int to = from + name.length;
                    if (buffer[i + 1] == name.length
                            && to <= end
                            && Arrays.equals(buffer, from, to, name, 0, name.length)) {
                        found.add(new String(name, StandardCharsets.US_ASCII));
                    }
                }
            }
        }
    }
}
