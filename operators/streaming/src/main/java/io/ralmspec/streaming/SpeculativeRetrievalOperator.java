package io.ralmspec.streaming;

import io.ralmspec.decoding.AnswerRecord;
import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.DeltaRecord;
import io.ralmspec.decoding.SessionEvent;
import io.ralmspec.decoding.Submission;
import io.ralmspec.decoding.knnlm.KnnCommand;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.IOUtils;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * The head of the loop, keyed by request id: submissions come in, answers go out. In between,
 * {@link Sessions} decides; model steps run on the {@link ModelWorker} and verifications in the
 * next operator, and both come back through the mailbox.
 *
 * <p><i>Owns:</i> a lease on the serving, its end of the feedback channel, its client of the model
 * worker. <i>Lifecycle:</i> after a restore it asks again for everything that was outstanding, so
 * nothing behind it needs state; bounded input ends when the last request is answered.
 * <i>Threading:</i> task thread; never blocks on results. <i>State:</i> {@link SessionStates}.
 */
final class SpeculativeRetrievalOperator extends AbstractStreamOperator<AnswerRecord>
        implements OneInputStreamOperator<Submission, AnswerRecord>,
                BoundedOneInput,
                Sessions.Outbox {
    static final OutputTag<VerificationRequest> VERIFY =
            new OutputTag<>("verify", TypeInformation.of(VerificationRequest.class));
    static final OutputTag<DeltaRecord> DELTAS =
            new OutputTag<>("deltas", TypeInformation.of(DeltaRecord.class));
    static final OutputTag<DeadLetter> DEAD_LETTERS =
            new OutputTag<>("dead-letters", TypeInformation.of(DeadLetter.class));

    private static final long SWEEP_MILLIS = 100;

    private final ServingFactory servingFactory;
    private final OperatorOptions options;
    private final transient MailboxExecutor mailbox;
    private transient SessionStates states;
    private transient OwnedKeys ownedKeys;
    private transient Sessions sessions;
    private transient SharedServing.@Nullable Lease serving;
    private transient ModelWorker.@Nullable Client model;
    private transient @Nullable FeedbackChannel feedback;
    private transient boolean resumed;

    @SuppressWarnings("NullAway.Init") // Flink calls initializeState and open before any record
    private SpeculativeRetrievalOperator(
            StreamOperatorParameters<AnswerRecord> parameters,
            ServingFactory servingFactory,
            OperatorOptions options) {
        super(parameters);
        this.mailbox = parameters.getMailboxExecutor();
        this.servingFactory = servingFactory;
        this.options = options;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        states = new SessionStates(context.getKeyedStateStore(), options.retention());
        resumed = !context.isRestored();
        if (context.isRestored()) {
            // From the mailbox, because the outputs are not open yet.
            mailbox.execute(this::resume, "resume sessions");
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        ownedKeys = OwnedKeys.of(getRuntimeContext().getTaskInfo());
        serving = SharedServing.acquire(servingFactory, options.maxVerificationBatch());
        model = serving.modelWorker().client(this::onModelResult);
        sessions =
                new Sessions(
                        serving,
                        options,
                        states,
                        (admission, estimates) ->
                                new SessionMetrics(getMetricGroup(), admission, estimates),
                        this);
        feedback =
                FeedbackChannel.open(
                        FeedbackKey.of(this),
                        getRuntimeContext().getTaskInfo().getAllocationIDAsString());
        feedback.consume(mailbox, this::onVerificationResult);
        scheduleSweep();
    }

    @Override
    public void processElement(StreamRecord<Submission> element) throws Exception {
        while (!resumed) {
            mailbox.yield();
        }
        sessions.submit(element.getValue());
    }

    @Override
    public void endInput() throws Exception {
        while (!resumed || !sessions.idle()) {
            mailbox.yield();
        }
    }

    @Override
    public void close() throws Exception {
        // All of them, also after open has failed half way or one of them fails.
        IOUtils.closeAll(feedback, model, serving, super::close);
    }

    private void resume() throws Exception {
        sessions.resume(SessionStates.sessionKeys(getKeyedStateBackend()));
        resumed = true;
    }

    /** On the model worker's thread. */
    private void onModelResult(String id, SessionEvent event) {
        try {
            mailbox.execute(() -> sessions.receive(id, event), "model result");
        } catch (RejectedExecutionException e) {
            // Shutting down. The step is in the session's state and runs again after a restore.
            LOG.debug("Result for request {} came after the end", id);
        }
    }

    private void onVerificationResult(VerificationResult result) throws Exception {
        sessions.verified(result);
    }

    private void scheduleSweep() {
        getProcessingTimeService()
                .registerTimer(
                        nowMillis() + SWEEP_MILLIS,
                        time -> {
                            sessions.passDeadlines();
                            scheduleSweep();
                        });
    }

    @Override
    public boolean ownsKey(String id) {
        return ownedKeys.contains(id);
    }

    @Override
    public void selectKey(String id) {
        setCurrentKey(id);
    }

    @Override
    public long nowMillis() {
        return getProcessingTimeService().getCurrentProcessingTime();
    }

    @Override
    public void prepare(Command.Prepare command) {
        model().prepare(command);
    }

    @Override
    public void generate(Command.Generate command) {
        model().generate(command);
    }

    @Override
    public void prepare(KnnCommand.Prepare command) {
        model().prepare(command);
    }

    @Override
    public void speculate(KnnCommand.Speculate command) {
        model().speculate(command);
    }

    @Override
    public void settle(KnnCommand.Settle command) {
        model().settle(command);
    }

    @Override
    public void release(String id) {
        model().release(id);
    }

    @Override
    public void verify(VerificationRequest request) {
        output.collect(VERIFY, new StreamRecord<>(request));
    }

    @Override
    public void delta(DeltaRecord delta) {
        output.collect(DELTAS, new StreamRecord<>(delta));
    }

    @Override
    public void answer(AnswerRecord answer) {
        output.collect(new StreamRecord<>(answer));
    }

    @Override
    public void deadLetter(DeadLetter letter) {
        output.collect(DEAD_LETTERS, new StreamRecord<>(letter));
    }

    private ModelWorker.Client model() {
        return Objects.requireNonNull(model, "opened before any record");
    }

    /** Creates the head on the TaskManager. */
    static final class Factory extends AbstractStreamOperatorFactory<AnswerRecord>
            implements OneInputStreamOperatorFactory<Submission, AnswerRecord> {
        private final ServingFactory servingFactory;
        private final OperatorOptions options;

        Factory(ServingFactory servingFactory, OperatorOptions options) {
            this.servingFactory = servingFactory;
            this.options = options;
        }

        @Override
        @SuppressWarnings("unchecked") // the one operator this factory makes
        public <T extends StreamOperator<AnswerRecord>> T createStreamOperator(
                StreamOperatorParameters<AnswerRecord> parameters) {
            return (T) new SpeculativeRetrievalOperator(parameters, servingFactory, options);
        }

        @Override
        @SuppressWarnings("rawtypes") // declared by Flink
        public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
            return SpeculativeRetrievalOperator.class;
        }
    }
}
