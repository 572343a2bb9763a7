package io.ralmspec.job.quickstart;

import io.ralmspec.job.cli.IndexProgress;
import io.ralmspec.knowledge.FileKnowledgeBase;
import io.ralmspec.knowledge.IndexBuilder;
import io.ralmspec.knowledge.IndexException;
import io.ralmspec.knowledge.IndexSettings;
import io.ralmspec.knowledge.KnowledgeOptions;
import io.ralmspec.model.OnnxEncoder;
import java.nio.file.Files;
import java.nio.file.Path;

/** The quickstart's knowledge base: built once, then kept. */
final class KnowledgeBases {
    private KnowledgeBases() {}

    static Path prepare(Path cache, String name, Path corpus, Path encoderDirectory) {
        Path directory = cache.resolve("indexes").resolve(name);
        int threads = Runtime.getRuntime().availableProcessors();
        try (OnnxEncoder encoder = OnnxEncoder.open(encoderDirectory, threads)) {
            if (!usable(directory, encoder)) {
                IndexSettings settings =
                        IndexSettings.of(corpus, directory).withThreads(threads).withReplace(true);
                try (IndexProgress progress = new IndexProgress()) {
                    new IndexBuilder(settings, encoder, progress).build();
                }
            }
        }
        return directory;
    }

    /** An index of an older version, or with another encoder, is built anew. */
    private static boolean usable(Path directory, OnnxEncoder encoder) {
        if (!Files.exists(directory)) {
            return false;
        }
        try (FileKnowledgeBase opened =
                FileKnowledgeBase.open(directory, KnowledgeOptions.defaults())) {
            opened.requireEncoder(encoder.fingerprint());
            return true;
        } catch (IndexException e) {
            System.out.println("Building it again: " + e.getMessage());
            return false;
        }
    }
}
