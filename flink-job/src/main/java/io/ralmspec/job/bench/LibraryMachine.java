package io.ralmspec.job.bench;

import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.KnowledgeBase;
import io.ralmspec.decoding.ModelSteps;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.streaming.ModelWorker;
import io.ralmspec.streaming.Serving;
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
import org.apache.flink.util.IOUtils;

/**
 * The job's own workers in real time: one thread for the model and one per retriever. Owns the
 * threads, not the serving.
 */
final class LibraryMachine implements Machine {
    /** No step and no search takes this long. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    /** The sequence that asks whether the model is free. */
    private static final String SETTLE = "settle";

    /** A result, and whether it is that of a search. */
    private record Arrival(Result result, boolean search) {}

    private final BlockingQueue<Arrival> results = new LinkedBlockingQueue<>();
    private final ModelWorker modelWorker;
    private final ModelWorker.Client model;
    private final Map<RetrieverKind, VerificationWorker> searches =
            new EnumMap<>(RetrieverKind.class);

    /** By session, the search that is out. */
    private final Map<String, VerificationRequest> out = new HashMap<>();

    private int searching;

    LibraryMachine(Serving serving, ModelSteps steps, int maxBatch) {
        modelWorker = new ModelWorker(serving.model(), steps);
        model = modelWorker.client((id, event) -> arrived(id, event, false));
        KnowledgeBase knowledgeBase = serving.knowledgeBase();
        for (RetrieverKind kind : RetrieverKind.values()) {
            if (knowledgeBase.has(kind)) {
                searches.put(kind, new VerificationWorker(knowledgeBase.retriever(kind), maxBatch));
            }
        }
    }

    @Override
    public void prepare(Command.Prepare command) {
        model.prepare(command);
    }

    @Override
    public void generate(Command.Generate command) {
        model.generate(command);
    }

    @Override
    public void verify(String id, Command.Verify command) {
        VerificationRequest request =
                new VerificationRequest(
                        id,
                        command.epoch(),
                        command.retriever(),
                        command.queries(),
                        command.topN());
        out.put(id, request);
        searching++;
        worker(command.retriever())
                .submit(request, (result, batch) -> arrived(id, event(result), true));
    }

    /** Called by the workers' threads. */
    private void arrived(String id, Event event, boolean search) {
        results.add(new Arrival(new Result(id, event), search));
    }

    private VerificationWorker worker(RetrieverKind kind) {
        VerificationWorker worker = searches.get(kind);
        if (worker == null) {
            throw new IllegalArgumentException(
                    "--retriever must be one that the index has, %s (got %s): rebuild the index"
                            .formatted(
                                    searches.keySet().stream()
                                            .map(RetrieverKind::wireName)
                                            .toList(),
                                    kind.wireName()));
        }
        return worker;
    }

    private static Event event(VerificationResult result) {
        RequestError error = result.error();
        return error == null
                ? new Event.Verified(result.epoch(), result.hits(), result.seconds())
                : new Event.Failed(result.epoch(), error.code(), error.message());
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
                    "neither the model nor the knowledge base has answered for %d minutes"
                            .formatted(PATIENCE.toMinutes()));
        }
        if (arrival.search()) {
            searching--;
            out.remove(arrival.result().id());
        }
        return arrival.result();
    }

    @Override
    public void settle() throws InterruptedException {
        // The model's thread does one thing after the other: this comes back when it is free. It
        // leaves nothing to release, so that the model may then be used by another thread.
        model.prepare(new Command.Prepare(0, SETTLE, "free", RetrieverKind.BM25, 1));
        boolean busy = true;
        while (busy || searching > 0) {
            busy &= !next().id().equals(SETTLE);
        }
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
