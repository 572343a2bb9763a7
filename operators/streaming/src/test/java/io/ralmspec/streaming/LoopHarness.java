package io.ralmspec.streaming;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.AnswerRecord;
import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Delta;
import io.ralmspec.decoding.DeltaRecord;
import io.ralmspec.decoding.SessionState;
import io.ralmspec.decoding.Submission;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * The head alone, on RocksDB, with the test in the place of verification: it decides when, and
 * whether, a verification is answered. The test's thread is the task's.
 */
final class LoopHarness implements AutoCloseable {
    private static final int MAX_PARALLELISM = 128;
    private static final long TIMEOUT_NANOS = 20_000_000_000L;

    final KeyedOneInputStreamOperatorTestHarness<String, Submission, AnswerRecord> flink;
    private final ScriptedServing serving;
    private final FeedbackChannel channel;

    LoopHarness(ScriptedServing serving, OperatorOptions options) throws Exception {
        this(serving, options, null, 1, 0);
    }

    LoopHarness(
            ScriptedServing serving,
            OperatorOptions options,
            @Nullable OperatorSubtaskState restored,
            int parallelism,
            int subtask)
            throws Exception {
        this.serving = serving;
        flink =
                new KeyedOneInputStreamOperatorTestHarness<>(
                        new SpeculativeRetrievalOperator.Factory(serving, options),
                        Submission::id,
                        Types.STRING,
                        MAX_PARALLELISM,
                        parallelism,
                        subtask);
        flink.setStateBackend(new EmbeddedRocksDBStateBackend());
        flink.setProcessingTime(1_000);
        flink.setStateTtlProcessingTime(1_000);
        if (restored != null) {
            flink.initializeState(
                    AbstractStreamOperatorTestHarness.repartitionOperatorState(
                            restored, MAX_PARALLELISM, 1, parallelism, subtask));
        }
        try {
            flink.open();
        } catch (Exception e) {
            flink.close();
            throw e;
        }
        RuntimeContext context = flink.getOperator().getRuntimeContext();
        channel =
                FeedbackChannel.open(
                        FeedbackKey.of(flink.getOperator()),
                        context.getTaskInfo().getAllocationIDAsString());
        runMails();
    }

    void submit(DecodingRequest request) throws Exception {
        submit(Requests.submit(request));
    }

    void submit(Submission submission) throws Exception {
        flink.processElement(new StreamRecord<>(submission));
    }

    void runMails() throws Exception {
        for (Mail mail : flink.getTaskMailbox().drain()) {
            mail.run();
        }
    }

    /** Runs the task until something holds, without answering verifications. */
    void runUntil(BooleanSupplier holds) throws Exception {
        long end = System.nanoTime() + TIMEOUT_NANOS;
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("timed out; answers: " + answers().size());
            }
            runMails();
            Thread.sleep(1);
        }
        runMails();
    }

    /** Runs the task, answering every verification, until there are that many answers. */
    void runUntilAnswers(int count) throws Exception {
        runUntil(
                () -> {
                    takeVerifications().forEach(this::verify);
                    return answers().size() >= count;
                });
    }

    /** Runs the task until it asks for a verification, which this removes. */
    VerificationRequest nextVerification() throws Exception {
        List<VerificationRequest> taken = nextVerifications(1);
        if (taken.size() != 1) {
            throw new AssertionError("one verification expected, got " + taken);
        }
        return taken.getFirst();
    }

    /** Runs the task until it has asked for that many verifications, which this removes. */
    List<VerificationRequest> nextVerifications(int count) throws Exception {
        List<VerificationRequest> taken = new ArrayList<>();
        runUntil(
                () -> {
                    taken.addAll(takeVerifications());
                    return taken.size() >= count;
                });
        return taken;
    }

    /** Runs the task, answering every verification, until no session is left. */
    void runUntilIdle() throws Exception {
        runUntil(
                () -> {
                    takeVerifications().forEach(this::verify);
                    return SessionStates.sessionKeys(flink.getOperator().getKeyedStateBackend())
                            .isEmpty();
                });
    }

    List<VerificationRequest> takeVerifications() {
        return take(SpeculativeRetrievalOperator.VERIFY);
    }

    /** Answers a verification as the knowledge base would. */
    void verify(VerificationRequest request) {
        channel.put(
                new VerificationResult(
                        request.requestId(),
                        request.epoch(),
                        serving.search(request).search(request.queries(), request.topN()),
                        0.01,
                        null));
    }

    void put(VerificationResult result) {
        channel.put(result);
    }

    /** A session as the state has it; null if there is none. */
    @Nullable SessionState session(String id) {
        AbstractStreamOperator<?> operator = flink.getOperator();
        operator.setCurrentKey(id);
        try {
            StoredSession stored =
                    new SessionStates(operator.getKeyedStateStore(), Duration.ofHours(1)).load();
            return stored == null ? null : (SessionState) stored.session();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<Answer> answers() {
        return flink.extractOutputValues().stream().map(AnswerRecord::answer).toList();
    }

    Answer answer(String id) {
        List<Answer> found = answers().stream().filter(a -> a.id().equals(id)).toList();
        if (found.size() != 1) {
            throw new AssertionError("one answer to " + id + " expected, got " + found);
        }
        return found.getFirst();
    }

    List<DeadLetter> takeDeadLetters() {
        return take(SpeculativeRetrievalOperator.DEAD_LETTERS);
    }

    String takeDeltaText(String id) {
        return take(SpeculativeRetrievalOperator.DELTAS).stream()
                .map(DeltaRecord::delta)
                .filter(delta -> delta.id().equals(id))
                .map(Delta::text)
                .collect(Collectors.joining());
    }

    private <T> List<T> take(OutputTag<T> tag) {
        List<T> taken = new ArrayList<>();
        Queue<StreamRecord<T>> records = flink.getSideOutput(tag);
        while (records != null && !records.isEmpty()) {
            taken.add(records.remove().getValue());
        }
        return taken;
    }

    @Override
    public void close() throws Exception {
        channel.close();
        flink.close();
    }
}
