package io.ralmspec.kafka;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;

/**
 * One run that sends dead letters back to the request topic as the records that they were. Each
 * carries how often that happened, so that the dead letter that it may become again tells. A
 * record, by its key and value, is sent once in a run, and in all runs together no more often than
 * a bound, as far as its dead letters were {@link #note noted}. A record that is sent twice does
 * not get two answers: the second is a dead letter again, with code {@code duplicate_id}. Used by
 * one thread.
 */
public final class DeadLetterReplay {
    /** What became of a dead letter. */
    public enum Outcome {
        SENT("sent again"),
        SAME("not sent: the same record was sent already in this run"),
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

    /** By content, how often a record was sent again before this run; absent for never. */
    private final Map<String, Integer> replays = new HashMap<>();

    /** Contents. */
    private final Set<String> sent = new HashSet<>();

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
     * Learns from a dead letter how often its record was sent again. To be called for all that
     * there are, before the first is sent: a record that died several times has several dead
     * letters, and only the newest has the full count.
     */
    public void note(StoredDeadLetter letter) {
        if (letter.isOurs() && letter.replays() > 0) {
            replays.merge(letter.content(), letter.replays(), Math::max);
        }
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
        String content = letter.content();
        if (sent.contains(content)) {
            return Outcome.SAME;
        }
        int before = Math.max(letter.replays(), replays.getOrDefault(content, 0));
        if (before >= maxReplays) {
            return Outcome.REPLAYED_TOO_OFTEN;
        }
        if (!dry && !send(letter, before + 1)) {
            return Outcome.TOO_LARGE;
        }
        sent.add(content);
        return Outcome.SENT;
    }

    private boolean send(StoredDeadLetter letter, int count) {
        try {
            producer.send(letter.again(count).toProducerRecord(topic)).get();
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
