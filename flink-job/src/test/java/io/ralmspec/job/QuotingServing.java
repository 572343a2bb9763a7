package io.ralmspec.job;

import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.KnowledgeBase;
import io.ralmspec.decoding.LanguageModel;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Stride;
import io.ralmspec.streaming.Serving;
import io.ralmspec.streaming.ServingFactory;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * Documents whose title and text end in some words, and a model and knowledge base that fail on
 * demand with exceptions that quote them.
 *
 * @param words that every document has
 */
record QuotingServing(ScriptedServing base, String words) implements ServingFactory {
    /** Requests with ids that start so fail in the model. */
    static final String MODEL_FAILS = "model-fails";

    /** While set, every search fails. */
    static final AtomicBoolean KNOWLEDGE_FAILS = new AtomicBoolean();

    @Override
    public String key() {
        return "quoting|" + base.key();
    }

    @Override
    public Serving open() {
        Serving serving = base.open();
        return new Serving(
                new Model(serving.model(), words),
                serving.tokenizer(),
                serving.encoder(),
                new Documents(serving.knowledgeBase(), words));
    }

    private static RuntimeException quoting(String words) {
        return new IllegalArgumentException(
                "can't work with " + words, new UnsupportedOperationException("since " + words));
    }

    private record Model(LanguageModel model, String words) implements LanguageModel {
        @Override
        public ModelProfile profile() {
            return model.profile();
        }

        @Override
        public Stride generate(Generation generation, BooleanSupplier cancelled) {
            if (generation.context().sequence().startsWith(MODEL_FAILS)) {
                throw quoting(words);
            }
            return model.generate(generation, cancelled);
        }

        @Override
        public void release(String sequence) {
            model.release(sequence);
            if (sequence.startsWith(MODEL_FAILS)) {
                throw quoting(words);
            }
        }

        @Override
        public void close() {
            model.close();
        }
    }

    private record Documents(KnowledgeBase base, String words) implements KnowledgeBase {
        @Override
        public Retriever retriever(RetrieverKind kind) {
            return new FailingRetriever(base.retriever(kind), words);
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
            return base.title(document) + " " + words;
        }

        @Override
        public String text(int document) {
            return base.text(document) + " " + words;
        }

        @Override
        public void close() {
            base.close();
        }
    }

    private record FailingRetriever(Retriever retriever, String words) implements Retriever {
        @Override
        public RetrieverKind kind() {
            return retriever.kind();
        }

        @Override
        public List<Hits> search(List<Query> queries, int topN) {
            if (KNOWLEDGE_FAILS.get()) {
                throw quoting(words);
            }
            return retriever.search(queries, topN);
        }

        @Override
        public float[] scores(Query query, int[] documents) {
            return retriever.scores(query, documents);
        }
    }
}
