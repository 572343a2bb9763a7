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
import io.ralmspec.decoding.knnlm.Datastore;
import io.ralmspec.decoding.knnlm.KeyedLanguageModel;
import io.ralmspec.decoding.knnlm.Neighbours;
import io.ralmspec.decoding.knnlm.ScriptedCorpus;
import io.ralmspec.decoding.knnlm.ScriptedDatastore;
import io.ralmspec.decoding.knnlm.ScriptedKeyedLanguageModel;
import io.ralmspec.decoding.knnlm.SearchKind;
import io.ralmspec.decoding.knnlm.SequentialKnnDecoder;
import io.ralmspec.decoding.knnlm.TokenState;
import io.ralmspec.streaming.NeighbourServing;
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
    private static final int ENTRIES = 500;
    private static final long STATE_BYTES = 1 << 20;

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

    /** What happens before each call; may wait or throw. */
    interface Hooks {
        void beforeStep();

        void beforeSearch();

        void beforeScores();
    }

    @Override
    public Serving open() {
        return open(
                new Hooks() {
                    @Override
                    public void beforeStep() {
                        pass(stepMillis);
                    }

                    @Override
                    public void beforeSearch() {
                        pass(searchMillis);
                    }

                    @Override
                    public void beforeScores() {
                        // Scoring what is cached stays fast.
                    }
                });
    }

    /** The same model and knowledge base, disturbed by these hooks alone. */
    Serving open(Hooks hooks) {
        return new Serving(
                new HookedModel(model(), hooks),
                new ScriptedTokenizer(),
                new ScriptedEncoder(),
                new HookedKnowledgeBase(knowledgeBase(), hooks),
                new NeighbourServing(
                        new HookedKeyedModel(keyedModel(), hooks),
                        new ScriptedTokenizer(),
                        new HookedDatastore(datastore(), hooks),
                        STATE_BYTES));
    }

    /** The answer that every mode and policy must give. */
    public Answer oracle(DecodingRequest request) {
        if (request.retrieval().mode().neighbours()) {
            return new SequentialKnnDecoder(keyedModel(), datastore(), new ScriptedTokenizer())
                    .decode(request);
        }
        LanguageModel model = model();
        ScriptedTokenizer tokenizer = new ScriptedTokenizer();
        ModelSteps steps = new ModelSteps(model, tokenizer, new ScriptedEncoder());
        return new SequentialDecoder(model.profile(), tokenizer, steps, knowledgeBase())
                .decode(request);
    }

    private LanguageModel model() {
        return new ScriptedLanguageModel(seed, CONTEXT_LENGTH, 60);
    }

    private KeyedLanguageModel keyedModel() {
        return new ScriptedKeyedLanguageModel(corpus(), CONTEXT_LENGTH, 60, 0);
    }

    private Datastore datastore() {
        return new ScriptedDatastore(corpus(), 0);
    }

    private ScriptedCorpus corpus() {
        return new ScriptedCorpus(seed, ENTRIES);
    }

    private KnowledgeBase knowledgeBase() {
        return new ScriptedKnowledgeBase(seed, DOCUMENTS);
    }

    /** Waits; an interrupt ends it and is kept. */
    static void pass(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private record HookedModel(LanguageModel model, Hooks hooks) implements LanguageModel {
        @Override
        public ModelProfile profile() {
            return model.profile();
        }

        @Override
        public Stride generate(Generation generation, BooleanSupplier cancelled) {
            hooks.beforeStep();
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

    private record HookedKnowledgeBase(KnowledgeBase base, Hooks hooks) implements KnowledgeBase {
        @Override
        public Retriever retriever(RetrieverKind kind) {
            return new HookedRetriever(base.retriever(kind), hooks);
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

    private record HookedRetriever(Retriever retriever, Hooks hooks) implements Retriever {
        @Override
        public RetrieverKind kind() {
            return retriever.kind();
        }

        @Override
        public List<Hits> search(List<Query> queries, int topN) {
            hooks.beforeSearch();
            return retriever.search(queries, topN);
        }

        @Override
        public float[] scores(Query query, int[] documents) {
            hooks.beforeScores();
            return retriever.scores(query, documents);
        }
    }

    private record HookedKeyedModel(KeyedLanguageModel model, Hooks hooks)
            implements KeyedLanguageModel {
        @Override
        public ModelProfile profile() {
            return model.profile();
        }

        @Override
        public TokenState state(String sequence, int[] tokens) {
            hooks.beforeStep();
            return model.state(sequence, tokens);
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

    private record HookedDatastore(Datastore datastore, Hooks hooks) implements Datastore {
        @Override
        public int size() {
            return datastore.size();
        }

        @Override
        public int dimension() {
            return datastore.dimension();
        }

        @Override
        public boolean has(SearchKind kind) {
            return datastore.has(kind);
        }

        @Override
        public String fingerprint() {
            return datastore.fingerprint();
        }

        @Override
        public List<Neighbours> search(List<float[]> keys, int k, SearchKind kind) {
            hooks.beforeSearch();
            return datastore.search(keys, k, kind);
        }

        @Override
        public int largestCount(int k, SearchKind kind) {
            return datastore.largestCount(k, kind);
        }

        @Override
        public int token(int position) {
            return datastore.token(position);
        }

        @Override
        public Neighbours nearest(float[] key, int[] positions, int k) {
            return datastore.nearest(key, positions, k);
        }

        @Override
        public void close() {
            datastore.close();
        }
    }
}
