package io.ralmspec.streaming;

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
import io.ralmspec.decoding.Tokenizer;
import io.ralmspec.decoding.knnlm.Datastore;
import io.ralmspec.decoding.knnlm.KeyedLanguageModel;
import io.ralmspec.decoding.knnlm.Neighbours;
import io.ralmspec.decoding.knnlm.ScriptedCorpus;
import io.ralmspec.decoding.knnlm.ScriptedDatastore;
import io.ralmspec.decoding.knnlm.ScriptedKeyedLanguageModel;
import io.ralmspec.decoding.knnlm.SearchKind;
import io.ralmspec.decoding.knnlm.SequentialKnnDecoder;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves the scripted fakes and lets a test watch and disturb them. Serialisable: what must be
 * shared with the copy in the job is kept by key.
 */
final class ScriptedServing implements ServingFactory {
    private static final Map<String, Control> CONTROLS = new ConcurrentHashMap<>();

    /** What a test can see and change while the job runs. */
    static final class Control {
        final AtomicInteger opened = new AtomicInteger();
        final AtomicInteger closed = new AtomicInteger();
        final AtomicInteger generated = new AtomicInteger();
        final AtomicInteger stopped = new AtomicInteger();
        final AtomicInteger searchesOnAClosedServing = new AtomicInteger();
        final List<Integer> batches = new CopyOnWriteArrayList<>();
        final AtomicInteger neighbourSearches = new AtomicInteger();
        volatile boolean withoutDatastore;
        final Set<RetrieverKind> missing = EnumSet.noneOf(RetrieverKind.class);
        volatile Hook<Generation> beforeGenerate = generation -> {};
        volatile Hook<List<Query>> beforeSearch = queries -> {};
        volatile Hook<Query> beforeScores = query -> {};
        volatile int documents = 60;
        volatile String fingerprint = "";
        volatile String openFailure = "";
        volatile ScriptedLanguageModel model;
    }

    /** May wait or throw. */
    @FunctionalInterface
    interface Hook<T> {
        void run(T argument) throws InterruptedException;
    }

    /** Few enough that states are computed again now and then. */
    private static final long STATE_BYTES = 20_000;

    private final String key = UUID.randomUUID().toString();
    private final long seed;

    ScriptedServing(long seed) {
        this.seed = seed;
        CONTROLS.put(key, new Control());
    }

    Control control() {
        return CONTROLS.get(key);
    }

    @Override
    public String key() {
        return key;
    }

    @Override
    public Serving open() {
        if (!control().openFailure.isEmpty()) {
            throw new IllegalStateException(control().openFailure);
        }
        control().opened.incrementAndGet();
        control().model = model();
        return new Serving(
                new WatchedModel(control()),
                tokenizer(),
                new ScriptedEncoder(),
                watched(knowledgeBase(), control()),
                control().withoutDatastore
                        ? null
                        : new NeighbourServing(
                                keyedModel(),
                                tokenizer(),
                                new WatchedDatastore(datastore(), control()),
                                STATE_BYTES));
    }

    /** The answer that every other way of decoding must equal. */
    Answer oracle(DecodingRequest request) {
        if (request.retrieval().mode().neighbours()) {
            KeyedLanguageModel model = keyedModel();
            return new SequentialKnnDecoder(model, datastore(), tokenizer()).decode(request);
        }
        ScriptedLanguageModel model = model();
        return new SequentialDecoder(
                        model.profile(),
                        tokenizer(),
                        new ModelSteps(model, tokenizer(), new ScriptedEncoder()),
                        knowledgeBase())
                .decode(request);
    }

    /** What answers a verification. */
    Search search(VerificationRequest request) {
        return request.neighbours()
                ? new NeighbourSearch(datastore(), SearchKind.of(request.retriever()))
                : knowledgeBase().retriever(request.retriever())::search;
    }

    KnowledgeBase knowledgeBase() {
        return new ScriptedKnowledgeBase(seed, control().documents);
    }

    private ScriptedCorpus corpus() {
        return new ScriptedCorpus(seed, 500);
    }

    private Datastore datastore() {
        return new ScriptedDatastore(corpus(), 0);
    }

    private KeyedLanguageModel keyedModel() {
        return new ScriptedKeyedLanguageModel(corpus(), 240, 60, 0);
    }

    private ScriptedLanguageModel model() {
        return new ScriptedLanguageModel(seed, 240, 60);
    }

    private static Tokenizer tokenizer() {
        return new ScriptedTokenizer();
    }

    private static <T> void run(Hook<T> hook, T argument) {
        try {
            hook.run(argument);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private record WatchedModel(Control control) implements LanguageModel {
        @Override
        public ModelProfile profile() {
            return control.model.profile();
        }

        @Override
        public @Nullable Stride generate(Generation generation, BooleanSupplier cancelled) {
            run(control.beforeGenerate, generation);
            control.generated.incrementAndGet();
            Stride stride = control.model.generate(generation, cancelled);
            control.stopped.addAndGet(stride == null ? 1 : 0);
            return stride;
        }

        @Override
        public void release(String sequence) {
            control.model.release(sequence);
        }

        @Override
        public void close() {
            control.closed.incrementAndGet();
        }
    }

    private static KnowledgeBase watched(KnowledgeBase base, Control control) {
        return new WatchedKnowledgeBase(base, control);
    }

    private record WatchedKnowledgeBase(KnowledgeBase base, Control control)
            implements KnowledgeBase {
        @Override
        public String fingerprint() {
            return control.fingerprint.isEmpty() ? base.fingerprint() : control.fingerprint;
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
        public Retriever retriever(RetrieverKind kind) {
            return new WatchedRetriever(base.retriever(kind), control);
        }

        @Override
        public boolean has(RetrieverKind kind) {
            return !control.missing.contains(kind);
        }

        @Override
        public void close() {
            base.close();
        }
    }

    private record WatchedRetriever(Retriever retriever, Control control) implements Retriever {
        @Override
        public RetrieverKind kind() {
            return retriever.kind();
        }

        @Override
        public List<Hits> search(List<Query> queries, int topN) {
            control.batches.add(queries.size());
            run(control.beforeSearch, queries);
            if (control.closed.get() >= control.opened.get()) {
                control.searchesOnAClosedServing.incrementAndGet();
            }
            return retriever.search(queries, topN);
        }

        @Override
        public float[] scores(Query query, int[] documents) {
            run(control.beforeScores, query);
            return retriever.scores(query, documents);
        }
    }

    private record WatchedDatastore(Datastore datastore, Control control) implements Datastore {
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
            return !control.missing.contains(kind.retriever()) && datastore.has(kind);
        }

        @Override
        public String fingerprint() {
            return datastore.fingerprint();
        }

        @Override
        public List<Neighbours> search(List<float[]> keys, int k, SearchKind kind) {
            control.neighbourSearches.incrementAndGet();
            control.batches.add(keys.size());
            run(control.beforeSearch, NeighbourSearch.queries(keys));
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
