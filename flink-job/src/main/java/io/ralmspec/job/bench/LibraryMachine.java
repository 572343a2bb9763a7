package io.ralmspec.job.bench;

import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.KnowledgeBase;
import io.ralmspec.decoding.ModelSteps;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.SessionCommand;
import io.ralmspec.decoding.SessionEvent;
import io.ralmspec.decoding.knnlm.Datastore;
import io.ralmspec.decoding.knnlm.KnnCommand;
import io.ralmspec.decoding.knnlm.KnnEvent;
import io.ralmspec.decoding.knnlm.KnnSteps;
import io.ralmspec.decoding.knnlm.SearchKind;
import io.ralmspec.streaming.ModelWorker;
import io.ralmspec.streaming.NeighbourSearch;
import io.ralmspec.streaming.NeighbourServing;
import io.ralmspec.streaming.Search;
import io.ralmspec.streaming.VerificationRequest;
import io.ralmspec.streaming.VerificationResult;
import io.ralmspec.streaming.VerificationWorker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.apache.flink.util.IOUtils;

/**
 * The job's own workers in real time, for one way to decode: one thread for the model and one per
 * retriever. Owns the threads, not what they work on.
 */
final class LibraryMachine implements Machine {
    /** No step and no search takes this long. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    /** Says that the model is free. */
    private static final Result FREE = new Result("", new SessionEvent.Cancelled());

    /** A result, and whether it is that of a search. */
    private record Arrival(Result result, boolean search) {}

    /**
     * What differs between the ways to decode.
     *
     * @param searched in words
     * @param found the event that a search's hits are
     */
    private record Way(
            String searched,
            Map<RetrieverKind, Search> searches,
            Function<VerificationResult, SessionEvent> found) {}

    private final BlockingQueue<Arrival> results = new LinkedBlockingQueue<>();
    private final Way way;
    private final ModelWorker modelWorker;
    private final ModelWorker.Client model;
    private final Map<RetrieverKind, VerificationWorker> searches =
            new EnumMap<>(RetrieverKind.class);

    /** By session, the search that is out. */
    private final Map<String, VerificationRequest> out = new HashMap<>();

    private final AtomicLong searched = new AtomicLong();
    private int searching;

    private LibraryMachine(ModelWorker modelWorker, Way way, int maxBatch) {
        this.way = way;
        this.modelWorker = modelWorker;
        model = modelWorker.client((id, event) -> arrived(id, event, false));
        way.searches()
                .forEach(
                        (kind, search) ->
                                searches.put(
                                        kind,
                                        new VerificationWorker(
                                                kind.wireName(), counted(search), maxBatch)));
    }

    private Search counted(Search search) {
        return new Search() {
            @Override
            public List<Hits> search(List<Query> queries, int topN) {
                searched.incrementAndGet();
                return search.search(queries, topN);
            }

            @Override
            public boolean anyCount() {
                return search.anyCount();
            }
        };
    }

    /**
     * Decodes with documents.
     *
     * @param maxBatch queries per search
     */
    static LibraryMachine documents(ModelSteps steps, KnowledgeBase knowledgeBase, int maxBatch) {
        Map<RetrieverKind, Search> searches = new EnumMap<>(RetrieverKind.class);
        for (RetrieverKind kind : RetrieverKind.values()) {
            if (knowledgeBase.has(kind)) {
                searches.put(kind, knowledgeBase.retriever(kind)::search);
            }
        }
        return new LibraryMachine(
                new ModelWorker(steps, null),
                new Way(
                        "index",
                        searches,
                        r -> new Event.Verified(r.epoch(), r.hits(), r.seconds())),
                maxBatch);
    }

    /**
     * Decodes with neighbours.
     *
     * @param maxBatch keys per search
     */
    static LibraryMachine neighbours(NeighbourServing serving, int maxBatch) {
        Datastore datastore = serving.datastore();
        Map<RetrieverKind, Search> searches = new EnumMap<>(RetrieverKind.class);
        for (SearchKind kind : SearchKind.values()) {
            if (datastore.has(kind)) {
                searches.put(kind.retriever(), new NeighbourSearch(datastore, kind));
            }
        }
        KnnSteps steps =
                new KnnSteps(serving.model(), datastore, serving.tokenizer(), serving.stateBytes());
        return new LibraryMachine(
                new ModelWorker(null, steps),
                new Way(
                        "datastore",
                        searches,
                        r ->
                                new KnnEvent.Searched(
                                        r.epoch(),
                                        NeighbourSearch.neighbours(datastore, r.hits()),
                                        r.seconds())),
                maxBatch);
    }

    @Override
    public void run(String id, SessionCommand command) {
        switch (command) {
            case Command.Prepare c -> model.prepare(c);
            case Command.Generate c -> model.generate(c);
            case Command.Verify c -> search(VerificationRequest.of(id, c));
            case KnnCommand.Prepare c -> model.prepare(c);
            case KnnCommand.Speculate c -> model.speculate(c);
            case KnnCommand.Settle c -> model.settle(c);
            case KnnCommand.Search c -> search(VerificationRequest.of(id, c));
            default ->
                    throw new IllegalArgumentException(
                            "no worker does " + command.getClass().getSimpleName());
        }
    }

    private void search(VerificationRequest request) {
        String id = request.requestId();
        out.put(id, request);
        searching++;
        worker(request.retriever())
                .submit(request, (result, batch) -> arrived(id, event(result), true));
    }

    /** Called by the workers' threads. */
    private void arrived(String id, SessionEvent event, boolean search) {
        results.add(new Arrival(new Result(id, event), search));
    }

    private VerificationWorker worker(RetrieverKind kind) {
        VerificationWorker worker = searches.get(kind);
        if (worker == null) {
            throw new IllegalArgumentException(
                    "--retriever must be one that the %s has, %s (got %s): rebuild it with that"
                            .formatted(
                                    way.searched(),
                                    searches.keySet().stream()
                                            .map(RetrieverKind::wireName)
                                            .toList(),
                                    kind.wireName()));
        }
        return worker;
    }

    private SessionEvent event(VerificationResult result) {
        RequestError error = result.error();
        return error == null
                ? way.found().apply(result)
                : new SessionEvent.Failed(result.epoch(), error.code(), error.message());
    }

    @Override
    public void release(String id) {
        model.release(id);
        VerificationRequest request = out.remove(id);
        if (request != null && worker(request.retriever()).abandon(request)) {
            searching--;
        }
    }

    @Override
    public Result next() throws InterruptedException {
        Arrival arrival = results.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (arrival == null) {
            throw new IllegalStateException(
                    "neither the model nor the %s has answered for %d minutes"
                            .formatted(way.searched(), PATIENCE.toMinutes()));
        }
        if (arrival.search()) {
            searching--;
            out.remove(arrival.result().id());
        }
        return arrival.result();
    }

    @Override
    public void settle() throws InterruptedException {
        // The model's thread does one thing after the other: this comes back when it is free, so
        // that the model may then be used by another thread.
        model.whenFree(() -> results.add(new Arrival(FREE, false)));
        boolean busy = true;
        while (busy || searching > 0) {
            busy &= !next().equals(FREE);
        }
    }

    @Override
    public long searches() {
        return searched.get();
    }

    @Override
    public double seconds() {
        return System.nanoTime() / 1e9;
    }

    @Override
    public void close() throws Exception {
        List<AutoCloseable> workers = new ArrayList<>(searches.values());
        workers.add(modelWorker);
        IOUtils.closeAll(workers);
    }
}
