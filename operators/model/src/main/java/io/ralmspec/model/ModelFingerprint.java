package io.ralmspec.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Names a language model by the contents of its graph, its weights and its tokenizer. */
final class ModelFingerprint {
    private ModelFingerprint() {}

    /**
     * Reads all of these files.
     *
     * @return 16 hexadecimal digits
     */
    static String of(ModelDirectory directory) {
        Path graph = directory.graph();
        try {
            List<Path> files = new ArrayList<>(List.of(directory.tokenizer(), graph));
            for (String weights : GraphNodes.read(graph).externalFiles()) {
                files.add(graph.resolveSibling(weights));
            }
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Path file : files) {
                try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                    in.transferTo(OutputStream.nullOutputStream());
                }
            }
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (IOException e) {
            throw new UncheckedIOException("%s cannot be read".formatted(graph), e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
