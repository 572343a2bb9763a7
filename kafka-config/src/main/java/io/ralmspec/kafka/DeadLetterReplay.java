package io.ralmspec.kafka;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;

/**
 * Sends dead letters back to the request topic as the records that they were. Each carries how
 * often that happened, and none is sent more often than a bound. A record that is sent twice does
 * not get two answers: the second is a dead letter again, with code {@code duplicate_id}.
 */
public final class DeadLetterReplay {
    /** What became of a dead letter. */
    public enum Outcome {
        SENT("sent again"),
        REPLAYED_TOO_OFTEN("not sent: sent again too often already"),
        CUT("not sent: too large to have been kept whole"),
        TOO_LARGE("not sent: the request topic takes no record as large"),
        FOREIGN("not sent: not a dead letter of this job");

        private final String text;

        Outcome(String text) {
            this.text = text;
        }

        /** For people. */
        public String text() {
            return text;
        }
    }

    private final Producer<byte[], byte[]> producer;
    private final String topic;
    private final int maxReplays;
    private final boolean dry;
    private final Map<Outcome, Integer> counts = new EnumMap<>(Outcome.class);

    /**
     * @param topic of requests
     * @param maxReplays how often a record is sent again at most, in [1, 1000]
     * @param dry to find out only what would be sent
     */
    public DeadLetterReplay(
            Producer<byte[], byte[]> producer, String topic, int maxReplays, boolean dry) {
        if (maxReplays < 1 || maxReplays > 1000) {
            throw new IllegalArgumentException(
                    "`maxReplays` must be in [1, 1000] (got %d)".formatted(maxReplays));
        }
        this.producer = producer;
        this.topic = topic;
        this.maxReplays = maxReplays;
        this.dry = dry;
    }

    /**
     * Sends it, unless something forbids that, and waits until Kafka has it.
     *
     * @throws IllegalStateException if Kafka does not take it for a reason that holds for all
     */
    public Outcome replay(StoredDeadLetter letter) {
        Outcome outcome = outcome(letter);
        counts.merge(outcome, 1, Integer::sum);
        return outcome;
    }

    /** How many came to which end. */
    public Map<Outcome, Integer> counts() {
        return Map.copyOf(counts);
    }

    private Outcome outcome(StoredDeadLetter letter) {
        if (!letter.isOurs()) {
            return Outcome.FOREIGN;
        }
        if (letter.isCut()) {
            return Outcome.CUT;
        }
        if (letter.replays() >= maxReplays) {
            return Outcome.REPLAYED_TOO_OFTEN;
        }
        return dry || send(letter) ? Outcome.SENT : Outcome.TOO_LARGE;
    }

    private boolean send(StoredDeadLetter letter) {
        try {
            producer.send(letter.again().toProducerRecord(topic)).get();
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RecordTooLargeException) {
                return false;
            }
            throw new IllegalStateException(
                    "dead letter %d:%d could not be sent to topic %s; those before it were"
                            .formatted(letter.partition(), letter.offset(), topic),
                    e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
