package io.ralmspec.job;

import io.ralmspec.knowledge.FileKnowledgeBase;
import io.ralmspec.knowledge.KnowledgeOptions;
import io.ralmspec.model.Device;
import io.ralmspec.model.FileTokenizer;
import io.ralmspec.model.ModelOptions;
import io.ralmspec.model.OnnxEncoder;
import io.ralmspec.model.OnnxLanguageModel;
import io.ralmspec.streaming.Serving;
import io.ralmspec.streaming.ServingFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.util.IOUtils;

/** Opens model, encoder and knowledge base from the directories that the options name. */
public final class OnnxServingFactory implements ServingFactory {
    private static final long serialVersionUID = 1L;

    private final String modelDirectory;
    private final String encoderDirectory;
    private final int encoderThreads;
    private final String knowledgeDirectory;
    private final ModelOptions modelOptions;
    private final KnowledgeOptions knowledgeOptions;

    public OnnxServingFactory(Configuration options) {
        this.modelDirectory = options.get(JobOptions.MODEL_DIRECTORY);
        this.encoderDirectory = options.get(JobOptions.ENCODER_DIRECTORY);
        this.encoderThreads = options.get(JobOptions.ENCODER_THREADS);
        this.knowledgeDirectory = options.get(JobOptions.KNOWLEDGE_DIRECTORY);
        this.modelOptions =
                new ModelOptions(
                        options.get(JobOptions.MODEL_THREADS),
                        options.get(JobOptions.MODEL_DOCUMENT_TOKENS),
                        options.get(JobOptions.MODEL_DOCUMENT_MEMORY).getBytes(),
                        options.get(JobOptions.MODEL_SEQUENCE_MEMORY).getBytes(),
                        Device.of(options.get(JobOptions.MODEL_DEVICE)));
        this.knowledgeOptions =
                new KnowledgeOptions(
                        options.get(JobOptions.KNOWLEDGE_THREADS),
                        options.get(JobOptions.KNOWLEDGE_EF_SEARCH));
    }

    @Override
    public String key() {
        return String.join(
                "|",
                modelDirectory,
                modelOptions.toString(),
                encoderDirectory,
                String.valueOf(encoderThreads),
                knowledgeDirectory,
                knowledgeOptions.toString());
    }

    @Override
    public Serving open() throws Exception {
        List<AutoCloseable> opened = new ArrayList<>();
        try {
            FileKnowledgeBase knowledgeBase =
                    FileKnowledgeBase.open(Path.of(knowledgeDirectory), knowledgeOptions);
            opened.add(knowledgeBase);
            OnnxEncoder encoder = OnnxEncoder.open(Path.of(encoderDirectory), encoderThreads);
            opened.add(encoder);
            knowledgeBase.requireEncoder(encoder.fingerprint());
            FileTokenizer tokenizer = FileTokenizer.open(Path.of(modelDirectory));
            opened.add(tokenizer);
            OnnxLanguageModel model =
                    OnnxLanguageModel.open(Path.of(modelDirectory), modelOptions, knowledgeBase);
            return new Serving(model, tokenizer, encoder, knowledgeBase);
        } catch (Exception | LinkageError e) {
            IOUtils.closeAllQuietly(opened);
            throw e;
        }
    }
}
