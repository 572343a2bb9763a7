package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.util.function.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FeedbackChannelTest {
    private final FeedbackKey key = new FeedbackKey(new JobID(), "execution", "loop", 3, 0);
    private final FeedbackChannel channel = FeedbackChannel.open(key, "slot");
    private final Mails mails = new Mails();
    private final List<VerificationResult> received = new ArrayList<>();

    @AfterEach
    void nothingStaysOpen() {
        channel.close();
        assertThat(FeedbackChannel.openChannels()).isZero();
    }

    @Test
    void bothEndsOpenTheSameChannelAndOtherAttemptsAnother() {
        assertThat(FeedbackChannel.open(key, "slot")).isSameAs(channel);
        List<FeedbackKey> others =
                List.of(
                        new FeedbackKey(key.job(), "execution", "loop", 3, 1),
                        new FeedbackKey(key.job(), "other", "loop", 3, 0),
                        new FeedbackKey(key.job(), "execution", "loop", 2, 0),
                        new FeedbackKey(new JobID(), "execution", "loop", 3, 0));
        for (FeedbackKey other : others) {
            FeedbackChannel another = FeedbackChannel.open(other, "another slot");
            assertThat(another).isNotSameAs(channel);
            another.close();
        }
    }

    @Test
    void endsInDifferentSlotsAreRefused() {
        assertThatThrownBy(() -> FeedbackChannel.open(key, "elsewhere"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("must be in one slot (got slot and elsewhere for subtask 3)");
    }

    @Test
    void wakesTheConsumerOnlyWhenTheQueueWasEmpty() throws Exception {
        channel.consume(mails, received::add);
        channel.put(result("a"));
        channel.put(result("b"));
        channel.put(result("c"));
        assertThat(mails.queue).hasSize(1);
        mails.runAll();
        assertThat(received)
                .extracting(VerificationResult::requestId)
                .containsExactly("a", "b", "c");
        channel.put(result("d"));
        assertThat(mails.queue).hasSize(1);
    }

    @Test
    void aResultPutDuringADrainWakesTheConsumerAgain() throws Exception {
        // Else one that comes just after the drain has found the queue empty would wait for ever.
        channel.consume(
                mails,
                result -> {
                    received.add(result);
                    if (received.size() == 1) {
                        channel.put(result("b"));
                        assertThat(mails.queue).hasSize(1);
                    }
                });
        channel.put(result("a"));
        mails.runAll();
        assertThat(received).extracting(VerificationResult::requestId).containsExactly("a", "b");
    }

    @Test
    void keepsWhatCameBeforeTheConsumer() throws Exception {
        channel.put(result("early"));
        assertThat(channel.connected()).isFalse();
        channel.consume(mails, received::add);
        assertThat(channel.connected()).isTrue();
        mails.runAll();
        assertThat(received).extracting(VerificationResult::requestId).containsExactly("early");
    }

    @Test
    void aSecondConsumerIsRefused() {
        channel.consume(mails, received::add);
        assertThatThrownBy(() -> channel.consume(mails, received::add))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void dropsWhatComesAfterTheEnd() throws Exception {
        channel.consume(mails, received::add);
        channel.put(result("a"));
        channel.close();
        channel.close();
        channel.put(result("b"));
        mails.runAll();
        assertThat(received).isEmpty();
    }

    @Test
    void aQuiescedMailboxClosesTheChannel() {
        mails.quiesced = true;
        channel.consume(mails, received::add);
        channel.put(result("a"));
        assertThat(FeedbackChannel.openChannels()).isZero();
    }

    @Test
    void losesNothingBetweenThreads() throws Exception {
        int perThread = 20_000;
        AtomicInteger count = new AtomicInteger();
        channel.consume(mails, result -> count.incrementAndGet());
        List<Thread> producers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            producers.add(
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        for (int n = 0; n < perThread; n++) {
                                            channel.put(result("a"));
                                        }
                                    }));
        }
        while (producers.stream().anyMatch(Thread::isAlive)) {
            mails.runAll();
        }
        mails.runAll();
        assertThat(count).hasValue(3 * perThread);
    }

    private static VerificationResult result(String id) {
        return new VerificationResult(id, 0, List.of(), 0, null);
    }

    /** A mailbox that a test empties by hand. */
    private static final class Mails implements MailboxExecutor {
        final Queue<ThrowingRunnable<? extends Exception>> queue = new ConcurrentLinkedQueue<>();
        volatile boolean quiesced;

        @Override
        public void execute(
                MailOptions options,
                ThrowingRunnable<? extends Exception> command,
                String description,
                Object... args) {
            if (quiesced) {
                throw new RejectedExecutionException("quiesced");
            }
            queue.add(command);
        }

        void runAll() throws Exception {
            ThrowingRunnable<? extends Exception> mail;
            while ((mail = queue.poll()) != null) {
                mail.run();
            }
        }

        @Override
        public void yield() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean tryYield() {
            return false;
        }

        @Override
        public boolean shouldInterrupt() {
            return false;
        }
    }
}
