package io.ralmspec.streaming;

import io.ralmspec.decoding.KnowledgeBase;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.ModelSteps;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.SpeculativeDecoder;
import io.ralmspec.decoding.StrideSettings;
import io.ralmspec.decoding.knnlm.Datastore;
import io.ralmspec.decoding.knnlm.KnnDecoder;
import io.ralmspec.decoding.knnlm.KnnSteps;
import io.ralmspec.decoding.knnlm.SearchKind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One open {@link Serving} per key and JVM, shared by all operators that hold a lease, with the
 * threads that work on it. A model and an index are too large to open once per subtask.
 *
 * <p><i>Owns:</i> the serving and its workers. <i>Lifecycle:</i> opened by the first lease, closed
 * by the last. <i>Threading:</i> leases are taken and closed by any thread; a second one waits
 * while the first opens.
 */
final class SharedServing {
    private static final Logger LOG = LoggerFactory.getLogger(SharedServing.class);

    /** Static because operators share nothing but the JVM; empty when no job runs. */
    private static final Map<String, SharedServing> OPEN = new HashMap<>();

    private final String key;
    private final Serving serving;
    private final ModelProfile profile;
    private final ModelWorker modelWorker;
    private final Map<RetrieverKind, VerificationWorker> verificationWorkers =
            new EnumMap<>(RetrieverKind.class);
    private final Map<RetrieverKind, VerificationWorker> neighbourWorkers =
            new EnumMap<>(RetrieverKind.class);
    private int leases;

    private SharedServing(String key, Serving serving, int maxBatch) {
        this.key = key;
        this.serving = serving;
        this.profile = serving.model().profile();
        this.modelWorker = new ModelWorker(steps(serving), knnSteps(serving));
        for (RetrieverKind kind : RetrieverKind.values()) {
            KnowledgeBase knowledgeBase = serving.knowledgeBase();
            if (knowledgeBase.has(kind)) {
                Retriever retriever = knowledgeBase.retriever(kind);
                verificationWorkers.put(
                        kind, new VerificationWorker(kind.wireName(), retriever::search, maxBatch));
            }
        }
        NeighbourServing neighbours = serving.neighbours();
        for (SearchKind kind : SearchKind.values()) {
            if (neighbours != null && neighbours.datastore().has(kind)) {
                RetrieverKind retriever = kind.retriever();
                neighbourWorkers.put(
                        retriever,
                        new VerificationWorker(
                                retriever.wireName() + "-neighbours",
                                new NeighbourSearch(neighbours.datastore(), kind),
                                maxBatch));
            }
        }
    }

    private static ModelSteps steps(Serving serving) {
        return new ModelSteps(serving.model(), serving.tokenizer(), serving.encoder());
    }

    private static @Nullable KnnSteps knnSteps(Serving serving) {
        NeighbourServing neighbours = serving.neighbours();
        return neighbours == null
                ? null
                : new KnnSteps(
                        neighbours.model(),
                        neighbours.datastore(),
                        neighbours.tokenizer(),
                        neighbours.stateBytes());
    }

    /**
     * @param maxBatch queries per search; if the serving is already open, that of its first lease
     * @throws Exception if the serving can't be opened
     */
    static Lease acquire(ServingFactory factory, int maxBatch) throws Exception {
        synchronized (OPEN) {
            SharedServing shared = OPEN.get(factory.key());
            if (shared == null) {
                shared = open(factory, maxBatch);
                OPEN.put(factory.key(), shared);
            }
            shared.leases++;
            return new Lease(shared);
        }
    }

    private static SharedServing open(ServingFactory factory, int maxBatch) throws Exception {
        Serving serving = factory.open();
        try {
            return new SharedServing(factory.key(), serving, maxBatch);
        } catch (RuntimeException e) {
            try {
                serving.close();
            } catch (Exception closing) {
                e.addSuppressed(closing);
            }
            throw e;
        }
    }

    static int openServings() {
        synchronized (OPEN) {
            return OPEN.size();
        }
    }

    /** Use of a shared serving until closed; closing again does nothing. */
    static final class Lease implements AutoCloseable {
        private final SharedServing shared;
        private boolean closed;

        private Lease(SharedServing shared) {
            this.shared = shared;
        }

        /** A decoder over this model and knowledge base. */
        SpeculativeDecoder decoder(StrideSettings settings) {
            return new SpeculativeDecoder(
                    shared.profile,
                    shared.serving.tokenizer(),
                    shared.serving.knowledgeBase(),
                    shared.serving.knowledgeBase()::retriever,
                    settings);
        }

        /** A decoder over this model and datastore; null if there is no datastore. */
        @Nullable KnnDecoder knnDecoder(StrideSettings settings) {
            NeighbourServing neighbours = shared.serving.neighbours();
            return neighbours == null
                    ? null
                    : new KnnDecoder(
                            neighbours.model().profile(),
                            neighbours.tokenizer(),
                            neighbours.datastore(),
                            settings);
        }

        /** The KNN-LM datastore, or null. */
        @Nullable Datastore datastore() {
            NeighbourServing neighbours = shared.serving.neighbours();
            return neighbours == null ? null : neighbours.datastore();
        }

        ModelWorker modelWorker() {
            return shared.modelWorker;
        }

        /**
         * The retrievers that there are.
         *
         * @param neighbours of the datastore, not of the knowledge base
         */
        List<RetrieverKind> retrievers(boolean neighbours) {
            return List.copyOf(workers(neighbours).keySet());
        }

        /** Null if what the request asks was built without that retriever. */
        @Nullable VerificationWorker verificationWorker(VerificationRequest request) {
            return workers(request.neighbours()).get(request.retriever());
        }

        private Map<RetrieverKind, VerificationWorker> workers(boolean neighbours) {
            return neighbours ? shared.neighbourWorkers : shared.verificationWorkers;
        }

        @Override
        public void close() {
            synchronized (OPEN) {
                if (closed) {
                    return;
                }
                closed = true;
                if (--shared.leases == 0) {
                    OPEN.remove(shared.key);
                    shared.shutDown();
                }
            }
        }
    }

    /** Threads first: closing a model or an index that is in use would crash the JVM. */
    private void shutDown() {
        List<AutoCloseable> workers = new ArrayList<>(verificationWorkers.values());
        workers.addAll(neighbourWorkers.values());
        workers.add(modelWorker);
        boolean stopped = true;
        for (AutoCloseable worker : workers) {
            try {
                worker.close();
            } catch (Exception e) {
                stopped = false;
                LOG.error("Serving {} stays open: one of its threads does not stop", key, e);
            }
        }
        if (stopped) {
            try {
                serving.close();
            } catch (Exception e) {
                LOG.error("Serving {} could not be closed", key, e);
            }
        }
    }
}
