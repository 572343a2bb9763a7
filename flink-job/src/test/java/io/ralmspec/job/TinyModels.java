package io.ralmspec.job;

import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.knowledge.BuildListener;
import io.ralmspec.knowledge.DatastoreBuilder;
import io.ralmspec.knowledge.DatastoreSettings;
import io.ralmspec.knowledge.IndexBuilder;
import io.ralmspec.knowledge.IndexSettings;
import io.ralmspec.model.Device;
import io.ralmspec.model.ModelOptions;
import io.ralmspec.model.OnnxEncoder;
import io.ralmspec.model.OnnxKeyedLanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/** The small real models that the model module is tested with, and an index for them. */
public final class TinyModels {
    private static final Path RESOURCES = Path.of("../operators/model/src/test/resources");
    private static final String[] SUBJECTS = {
        "lighthouse", "otter", "compass", "river", "engine", "violin", "glacier", "bakery"
    };

    private TinyModels() {}

    /**
     * @param name such as {@code gpt2-shared}
     */
    public static Path model(String name) {
        return RESOURCES.resolve("models").resolve(name).toAbsolutePath().normalize();
    }

    public static Path encoder() {
        return RESOURCES.resolve("encoder").toAbsolutePath().normalize();
    }

    /** JSON lines about a few subjects. */
    public static Path corpus(Path directory, int documents) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < documents; i++) {
            String subject = SUBJECTS[i % SUBJECTS.length];
            text.append(
                    "{\"id\": \"d%d\", \"title\": \"%s %d\", \"text\": \"The %s number %d stands by the %s.\"}%n"
                            .formatted(
                                    i,
                                    subject,
                                    i,
                                    subject,
                                    i * 7 % 31,
                                    SUBJECTS[(i * 3 + 1) % SUBJECTS.length]));
        }
        return Files.writeString(directory.resolve("corpus.jsonl"), text);
    }

    public static Path index(Path directory, int documents, RetrieverKind... kinds)
            throws IOException {
        Path target = directory.resolve("index");
        Set<RetrieverKind> retrievers = EnumSet.copyOf(Arrays.asList(kinds));
        try (OnnxEncoder encoder = OnnxEncoder.open(encoder(), 1)) {
            new IndexBuilder(
                            IndexSettings.of(corpus(directory, documents), target)
                                    .withRetrievers(retrievers),
                            encoder,
                            BuildListener.SILENT)
                    .build();
        }
        return target;
    }

    /** A KNN-LM datastore of the same corpus, for exact and approximate search. */
    public static Path datastore(Path directory, String model, int documents) throws IOException {
        return datastore(directory, model, documents, true);
    }

    /**
     * A KNN-LM datastore of the same corpus.
     *
     * @param model such as {@code llama-shared}
     * @param approximate whether it can be searched approximately, too
     */
    public static Path datastore(Path directory, String model, int documents, boolean approximate)
            throws IOException {
        Files.createDirectories(directory);
        Path target = directory.resolve("datastore");
        ModelOptions options = new ModelOptions(1, 0, 0, 1 << 22, Device.CPU, 1);
        try (OnnxKeyedLanguageModel encoder = OnnxKeyedLanguageModel.open(model(model), options)) {
            new DatastoreBuilder(
                            DatastoreSettings.of(corpus(directory, documents), target)
                                    .withApproximate(approximate),
                            encoder.tokenizer(),
                            encoder,
                            BuildListener.SILENT)
                    .build();
        }
        return target;
    }
}
