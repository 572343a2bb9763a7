package io.ralmspec.job;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.KnowledgeBase;
import io.ralmspec.decoding.LanguageModel;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.ModelSteps;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.ScriptedEncoder;
import io.ralmspec.decoding.ScriptedKnowledgeBase;
import io.ralmspec.decoding.ScriptedLanguageModel;
import io.ralmspec.decoding.ScriptedTokenizer;
import io.ralmspec.decoding.SequentialDecoder;
import io.ralmspec.decoding.Stride;
import io.ralmspec.streaming.Serving;
import io.ralmspec.streaming.ServingFactory;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * A model and knowledge base made of hashes, for tests of everything around them.
 *
 * @param stepMillis that a generation stride takes
 * @param searchMillis that a knowledge base call takes
 */
public record ScriptedServing(long seed, long stepMillis, long searchMillis)
        implements ServingFactory {
    public static final int CONTEXT_LENGTH = 200;
    static final int DOCUMENTS = 40;

    /** The directories that options must name and that nobody opens here. */
    public static final Map<String, String> OPTIONS =
            Map.of(
                    JobOptions.MODEL_DIRECTORY.key(), "scripted",
                    JobOptions.ENCODER_DIRECTORY.key(), "scripted",
                    JobOptions.KNOWLEDGE_DIRECTORY.key(), "scripted");

    public ScriptedServing(long seed) {
        this(seed, 0, 0);
    }

    @Override
    public String key() {
        return toString();
    }

    @Override
    public Serving open() {
        return new Serving(
                new SlowModel(model(), stepMillis),
                new ScriptedTokenizer(),
                new ScriptedEncoder(),
                new SlowKnowledgeBase(knowledgeBase(), searchMillis));
    }

    /** The answer that every mode and policy must give. */
    public Answer oracle(DecodingRequest request) {
        LanguageModel model = model();
        ScriptedTokenizer tokenizer = new ScriptedTokenizer();
        ModelSteps steps = new ModelSteps(model, tokenizer, new ScriptedEncoder());
        return new SequentialDecoder(model.profile(), tokenizer, steps, knowledgeBase())
                .decode(request);
    }

    private LanguageModel model() {
        return new ScriptedLanguageModel(seed, CONTEXT_LENGTH, 60);
    }

    private KnowledgeBase knowledgeBase() {
        return new ScriptedKnowledgeBase(seed, DOCUMENTS);
    }

    private static void pass(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes its time, so that something is in flight when a test wants it to be. */
    private record SlowModel(LanguageModel model, long stepMillis) implements LanguageModel {
        @Override
        public ModelProfile profile() {
            return model.profile();
        }

        @Override
        public Stride generate(Generation generation, BooleanSupplier cancelled) {
            pass(stepMillis);
            return model.generate(generation, cancelled);
        }

        @Override
        public void release(String sequence) {
            model.release(sequence);
        }

        @Override
        public void close() {
            model.close();
        }
    }

    /** The same for knowledge base calls; scoring what is cached stays fast. */
    private record SlowKnowledgeBase(KnowledgeBase base, long searchMillis)
            implements KnowledgeBase {
        @Override
        public Retriever retriever(RetrieverKind kind) {
            return new SlowRetriever(base.retriever(kind), searchMillis);
        }

        @Override
        public boolean has(RetrieverKind kind) {
            return base.has(kind);
        }

        @Override
        public String fingerprint() {
            return base.fingerprint();
        }

        @Override
        public int size() {
            return base.size();
        }

        @Override
        public String id(int document) {
            return base.id(document);
        }

        @Override
        public String title(int document) {
            return base.title(document);
        }

        @Override
        public String text(int document) {
            return base.text(document);
        }

        @Override
        public void close() {
            base.close();
        }
    }

    private record SlowRetriever(Retriever retriever, long searchMillis) implements Retriever {
        @Override
        public RetrieverKind kind() {
            return retriever.kind();
        }

        @Override
        public List<Hits> search(List<Query> queries, int topN) {
            pass(searchMillis);
            return retriever.search(queries, topN);
        }

        @Override
        public float[] scores(Query query, int[] documents) {
            return retriever.scores(query, documents);
        }
    }
}
