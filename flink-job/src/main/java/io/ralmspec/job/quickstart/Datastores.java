package io.ralmspec.job.quickstart;

import io.ralmspec.job.cli.IndexProgress;
import io.ralmspec.knowledge.DatastoreBuilder;
import io.ralmspec.knowledge.DatastoreSettings;
import io.ralmspec.knowledge.FileDatastore;
import io.ralmspec.knowledge.IndexException;
import io.ralmspec.knowledge.KnowledgeOptions;
import io.ralmspec.model.Device;
import io.ralmspec.model.ModelOptions;
import io.ralmspec.model.OnnxKeyedLanguageModel;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/** The quickstart's KNN-LM datastore, for exact search only: built once, then kept. */
final class Datastores {
    /** Tokens of the corpus, from its start: seconds to build, and more to search than a step. */
    static final int ENTRIES = 100_000;

    private static final long WINDOW_KV_BYTES = 64 << 20;

    private Datastores() {}

    static Path prepare(Path cache, String name, Path corpus, Path modelDirectory) {
        Path directory = cache.resolve("datastores").resolve(name);
        int threads = Runtime.getRuntime().availableProcessors();
        ModelOptions options = new ModelOptions(threads, 0, 0, WINDOW_KV_BYTES, Device.CPU, 1);
        try (OnnxKeyedLanguageModel model = OnnxKeyedLanguageModel.open(modelDirectory, options)) {
            if (!usable(directory, model)) {
                DatastoreSettings settings =
                        DatastoreSettings.of(corpus, directory)
                                .withApproximate(false)
                                .withMaxEntries(ENTRIES)
                                .withReplace(true);
                PrintWriter messages = new PrintWriter(System.err, true);
                try (IndexProgress progress = new IndexProgress("entries", messages)) {
                    new DatastoreBuilder(settings, model.tokenizer(), model, progress).build();
                }
            }
        }
        return directory;
    }

    /** A datastore of an older version, or of another model, is built anew. */
    private static boolean usable(Path directory, OnnxKeyedLanguageModel model) {
        if (!Files.exists(directory)) {
            return false;
        }
        try (FileDatastore opened = FileDatastore.open(directory, KnowledgeOptions.defaults())) {
            opened.requireModel(model.fingerprint());
            return true;
        } catch (IndexException e) {
            System.out.println("Building it again: " + e.getMessage());
            return false;
        }
    }
}
