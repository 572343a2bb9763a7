package io.ralmspec.streaming;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.util.function.ThrowingConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The loop's back edge: from the feedback sink to the head of the same subtask, inside one JVM.
 *
 * <p><i>Owns:</i> the results on their way. Unbounded, because a full back edge would deadlock the
 * loop; the head's admission bounds it. <i>Lifecycle:</i> both ends open it under the same key and
 * both close it; whoever comes second finds it closed. <i>Threading:</i> any number of producers;
 * the consumer runs in its own mailbox, woken only when the queue was empty. <i>State:</i> none;
 * the head asks again after a restore for whatever was in here.
 */
final class FeedbackChannel implements AutoCloseable {
    /** The registry is static because the two ends are operators that share nothing but the JVM. */
    private static final Map<FeedbackKey, FeedbackChannel> OPEN = new ConcurrentHashMap<>();

    private record Consumer(
            MailboxExecutor mailbox, ThrowingConsumer<VerificationResult, Exception> accept) {}

    private final FeedbackKey key;
    private final Queue<VerificationResult> results = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean drainScheduled = new AtomicBoolean();
    private volatile @Nullable Consumer consumer;
    private volatile boolean closed;
    private @Nullable String slot;

    private FeedbackChannel(FeedbackKey key) {
        this.key = key;
    }

    /**
     * Opens this end of the channel.
     *
     * @param slot names the caller's slot
     * @throws IllegalStateException if the other end runs in another slot
     */
    static FeedbackChannel open(FeedbackKey key, String slot) {
        FeedbackChannel channel = OPEN.computeIfAbsent(key, FeedbackChannel::new);
        channel.checkSlot(slot);
        return channel;
    }

    static int openChannels() {
        return OPEN.size();
    }

    /** Registers the one consumer, which also gets what was put before. */
    void consume(MailboxExecutor mailbox, ThrowingConsumer<VerificationResult, Exception> accept) {
        if (consumer != null) {
            throw new IllegalStateException("channel " + key + " must have one consumer (got 2)");
        }
        consumer = new Consumer(mailbox, accept);
        if (!results.isEmpty()) {
            scheduleDrain();
        }
    }

    /** Hands a result over; drops it once an end is closed. */
    void put(VerificationResult result) {
        if (closed) {
            return;
        }
        results.add(result);
        scheduleDrain();
    }

    /** Whether the consumer has been there. */
    boolean connected() {
        return consumer != null || closed;
    }

    @Override
    public void close() {
        closed = true;
        results.clear();
        OPEN.remove(key, this);
    }

    private synchronized void checkSlot(String opener) {
        if (slot == null) {
            slot = opener;
        } else if (!slot.equals(opener)) {
            throw new IllegalStateException(
                    ("both ends of the feedback loop must be in one slot (got %s and %s for subtask"
                                    + " %d): keep the operators of the loop in one slot sharing"
                                    + " group, with the same parallelism")
                            .formatted(slot, opener, key.subtask()));
        }
    }

    private void scheduleDrain() {
        Consumer to = consumer;
        if (to == null || !drainScheduled.compareAndSet(false, true)) {
            return;
        }
        try {
            to.mailbox().execute(() -> drain(to), "verification results");
        } catch (RejectedExecutionException e) {
            // The head is shutting down. What it still waits for is in its state.
            close();
        }
    }

    private void drain(Consumer to) throws Exception {
        // Reset first: a result put from here on schedules a drain of its own.
        drainScheduled.set(false);
        VerificationResult result;
        while (!closed && (result = results.poll()) != null) {
            to.accept().accept(result);
        }
    }
}
