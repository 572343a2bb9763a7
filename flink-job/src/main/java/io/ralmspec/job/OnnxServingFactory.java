package io.ralmspec.job;

import io.ralmspec.knowledge.FileDatastore;
import io.ralmspec.knowledge.FileKnowledgeBase;
import io.ralmspec.knowledge.KnowledgeOptions;
import io.ralmspec.model.Device;
import io.ralmspec.model.FileTokenizer;
import io.ralmspec.model.ModelOptions;
import io.ralmspec.model.OnnxEncoder;
import io.ralmspec.model.OnnxKeyedLanguageModel;
import io.ralmspec.model.OnnxLanguageModel;
import io.ralmspec.streaming.NeighbourServing;
import io.ralmspec.streaming.Serving;
import io.ralmspec.streaming.ServingFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.util.IOUtils;

/**
 * Opens model, encoder, knowledge base and, for KNN-LM, datastore from the directories that the
 * options name.
 */
public final class OnnxServingFactory implements ServingFactory {
    private static final long serialVersionUID = 1L;

    private final Configuration options;

    /**
     * @param options as {@link OptionsReader} checked them
     */
    public OnnxServingFactory(Configuration options) {
        this.options = new Configuration(options);
    }

    @Override
    public String key() {
        return String.join(
                "|",
                options.get(JobOptions.MODEL_DIRECTORY),
                modelOptions().toString(),
                options.get(JobOptions.ENCODER_DIRECTORY),
                options.get(JobOptions.ENCODER_THREADS).toString(),
                options.get(JobOptions.KNOWLEDGE_DIRECTORY),
                knowledgeOptions().toString(),
                String.valueOf(options.get(JobOptions.DATASTORE_DIRECTORY)),
                options.get(JobOptions.DATASTORE_STATE_MEMORY).toString());
    }

    @Override
    public Serving open() throws Exception {
        Path modelDirectory = Path.of(options.get(JobOptions.MODEL_DIRECTORY));
        Path encoderDirectory = Path.of(options.get(JobOptions.ENCODER_DIRECTORY));
        Path knowledgeDirectory = Path.of(options.get(JobOptions.KNOWLEDGE_DIRECTORY));
        List<AutoCloseable> opened = new ArrayList<>();
        try {
            FileKnowledgeBase knowledgeBase =
                    FileKnowledgeBase.open(knowledgeDirectory, knowledgeOptions());
            opened.add(knowledgeBase);
            OnnxEncoder encoder =
                    OnnxEncoder.open(encoderDirectory, options.get(JobOptions.ENCODER_THREADS));
            opened.add(encoder);
            knowledgeBase.requireEncoder(encoder.fingerprint());
            FileTokenizer tokenizer = FileTokenizer.open(modelDirectory);
            opened.add(tokenizer);
            OnnxLanguageModel model =
                    OnnxLanguageModel.open(modelDirectory, modelOptions(), knowledgeBase);
            opened.add(model);
            boolean neighbours = options.contains(JobOptions.DATASTORE_DIRECTORY);
            return new Serving(
                    model, tokenizer, encoder, knowledgeBase, neighbours ? openNeighbours() : null);
        } catch (Exception | LinkageError e) {
            IOUtils.closeAllQuietly(opened);
            throw e;
        }
    }

    /**
     * Opens what KNN-LM needs alone: the datastore, which the options must name, and a session of
     * its own of the language model, as the two ways to decode keep different things.
     */
    public NeighbourServing openNeighbours() {
        Path modelDirectory = Path.of(options.get(JobOptions.MODEL_DIRECTORY));
        FileDatastore datastore =
                FileDatastore.open(
                        Path.of(options.get(JobOptions.DATASTORE_DIRECTORY)), knowledgeOptions());
        List<AutoCloseable> opened = new ArrayList<>(List.of(datastore));
        try {
            OnnxKeyedLanguageModel model =
                    OnnxKeyedLanguageModel.open(modelDirectory, modelOptions());
            opened.add(model);
            datastore.requireModel(model.fingerprint());
            return new NeighbourServing(
                    model,
                    model.tokenizer(),
                    datastore,
                    options.get(JobOptions.DATASTORE_STATE_MEMORY).getBytes());
        } catch (RuntimeException | LinkageError e) {
            IOUtils.closeAllQuietly(opened);
            throw e;
        }
    }

    private ModelOptions modelOptions() {
        return new ModelOptions(
                options.get(JobOptions.MODEL_THREADS),
                options.get(JobOptions.MODEL_DOCUMENT_TOKENS),
                options.get(JobOptions.MODEL_DOCUMENT_MEMORY).getBytes(),
                options.get(JobOptions.MODEL_SEQUENCE_MEMORY).getBytes(),
                Device.of(options.get(JobOptions.MODEL_DEVICE)),
                options.get(JobOptions.MODEL_BATCH));
    }

    private KnowledgeOptions knowledgeOptions() {
        return new KnowledgeOptions(
                options.get(JobOptions.KNOWLEDGE_THREADS),
                options.get(JobOptions.KNOWLEDGE_EF_SEARCH));
    }
}
