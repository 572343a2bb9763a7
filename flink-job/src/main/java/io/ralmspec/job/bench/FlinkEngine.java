package io.ralmspec.job.bench;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.job.client.RalmClient;
import io.ralmspec.job.local.LocalService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Decodes with the real job, asked through Kafka. What the job expects sessions to cost is per
 * retriever, so that all cells of one share it. Owns the service.
 */
final class FlinkEngine implements Engine {
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final LocalService service;
    private final RalmClient client;

    /** Keeps ids apart from those of earlier runs on the same topics. */
    private final String run = UUID.randomUUID().toString().substring(0, 8);

    FlinkEngine(LocalService service) {
        this.service = service;
        this.client = new RalmClient(service.clients(), service.topics());
    }

    @Override
    public String name() {
        return "flink";
    }

    @Override
    public boolean computed() {
        return false;
    }

    @Override
    public Group run(Cell cell, List<DecodingRequest> requests, int atATime) throws Exception {
        List<DecodingRequest> named = new ArrayList<>();
        for (DecodingRequest r : requests) {
            named.add(
                    new DecodingRequest(
                            r.id() + "-" + run,
                            r.prompt(),
                            r.maxTokens(),
                            r.stop(),
                            r.sampling(),
                            r.retrieval(),
                            r.stream(),
                            r.deadlineMillis()));
        }
        long start = System.nanoTime();
        List<Outcome> outcomes = new ArrayList<>();
        for (RalmClient.Answered answered : client.askAll(named, atATime, PATIENCE)) {
            outcomes.add(new Outcome(answered.answer(), answered.seconds(), List.of()));
        }
        return new Group(outcomes, (System.nanoTime() - start) / 1e9, 0);
    }

    @Override
    public Optional<Group> modelOnly(Group baseline, int atATime) {
        return Optional.empty();
    }

    @Override
    public Optional<Answer> sequential(DecodingRequest request) {
        return Optional.empty();
    }

    @Override
    public void close() throws Exception {
        try {
            client.close();
        } finally {
            service.close();
        }
    }
}
