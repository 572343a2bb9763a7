package io.ralmspec.job.load;

import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.job.client.RalmClient;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** The running job, asked through Kafka. The client stays its owner's. */
final class KafkaLoadTarget implements LoadTarget {
    private final RalmClient client;
    private final String prefix;

    /** Filled by the producer's thread. */
    private final Queue<String> unsent = new ConcurrentLinkedQueue<>();

    /**
     * @param prefix of the ids of all requests
     */
    KafkaLoadTarget(RalmClient client, String prefix) {
        this.client = client;
        this.prefix = prefix;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public void submit(DecodingRequest request) {
        client.submit(request, () -> unsent.add(request.id()));
    }

    @Override
    public void cancel(String id) {
        client.cancel(id);
    }

    @Override
    public void receive(Duration wait, Listener listener) {
        client.receive(
                wait,
                id -> id.startsWith(prefix),
                answer -> listener.answered(answer, System.nanoTime()),
                delta -> listener.text(delta.id(), System.nanoTime()));
        for (String id = unsent.poll(); id != null; id = unsent.poll()) {
            listener.unsent(id, System.nanoTime());
        }
    }
}
