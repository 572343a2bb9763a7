package io.ralmspec.streaming;

import io.ralmspec.decoding.DecodingSession;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.Phase;
import java.util.Comparator;

/**
 * What a restore must know of every session to take them up in order: by time of receipt, then by
 * place in the topic. Small, because a subtask has thousands of parked requests, whose prompts need
 * not be in memory at once.
 *
 * @param submitted whether the request was parked, never started
 */
record Arrival(
        String id,
        boolean submitted,
        long receivedMillis,
        long deadlineMillis,
        String topic,
        int partition,
        long offset)
        implements Comparable<Arrival> {
    private static final Comparator<Arrival> ORDER =
            Comparator.comparingLong(Arrival::receivedMillis)
                    .thenComparing(Arrival::topic)
                    .thenComparingInt(Arrival::partition)
                    .thenComparingLong(Arrival::offset);

    static Arrival of(StoredSession stored) {
        DecodingSession session = stored.session();
        Origin origin = stored.origin();
        return new Arrival(
                stored.id(),
                session.phase() == Phase.SUBMITTED,
                session.receivedMillis(),
                session.request().deadlineMillis(),
                origin.topic(),
                origin.partition(),
                origin.offset());
    }

    @Override
    public int compareTo(Arrival other) {
        return ORDER.compare(this, other);
    }
}
