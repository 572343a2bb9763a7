package io.ralmspec.job;

import java.io.IOException;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaWriterState;
import org.apache.flink.connector.kafka.sink.TwoPhaseCommittingStatefulSink;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.api.connector.sink2.SupportsPostCommitTopology;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.lineage.LineageVertex;
import org.apache.flink.streaming.api.lineage.LineageVertexProvider;
import org.apache.flink.util.IOUtils;
import org.apache.kafka.clients.admin.AdminClient;

/**
 * A transactional {@link KafkaSink} that leaves no thread behind. The connector's writer, as of
 * 5.0.0, looks for transactions of an earlier run with an admin client that it never closes: a
 * thread and its connections per sink, subtask and restart. This sink does all as the other does,
 * state and committables included, and closes that client with its writer.
 *
 * <p>What it can't reach is the client of a writer that fails while it is restored, since nobody
 * gets that writer: Kafka was away then, or the task was cancelled.
 */
final class ClosingKafkaSink<T>
        implements TwoPhaseCommittingStatefulSink<T, KafkaWriterState, KafkaCommittable>,
                SupportsPostCommitTopology<KafkaCommittable>,
                LineageVertexProvider {
    private static final long serialVersionUID = 1;

    private final KafkaSink<T> sink;

    ClosingKafkaSink(KafkaSink<T> sink) {
        this.sink = sink;
    }

    /** Where a writer of this class keeps its admin client; empty if the connector has changed. */
    static Optional<Field> adminClient(Class<?> writer) {
        try {
            Field field = writer.getDeclaredField("adminClient");
            field.setAccessible(true);
            return Optional.of(field);
        } catch (NoSuchFieldException | RuntimeException e) {
            return Optional.empty();
        }
    }

    @Override
    public Writer<T> createWriter(WriterInitContext context) throws IOException {
        return restoreWriter(context, List.of());
    }

    @Override
    public Writer<T> restoreWriter(WriterInitContext context, Collection<KafkaWriterState> states)
            throws IOException {
        return new Writer<>(sink.restoreWriter(context, states));
    }

    @Override
    public SimpleVersionedSerializer<KafkaWriterState> getWriterStateSerializer() {
        return sink.getWriterStateSerializer();
    }

    @Override
    public Committer<KafkaCommittable> createCommitter(CommitterInitContext context) {
        return sink.createCommitter(context);
    }

    @Override
    public SimpleVersionedSerializer<KafkaCommittable> getCommittableSerializer() {
        return sink.getCommittableSerializer();
    }

    @Override
    public void addPostCommitTopology(
            DataStream<CommittableMessage<KafkaCommittable>> committables) {
        sink.addPostCommitTopology(committables);
    }

    @Override
    public LineageVertex getLineageVertex() {
        return sink.getLineageVertex();
    }

    /** The connector's writer, and the end of its admin client. */
    record Writer<T>(PrecommittingStatefulSinkWriter<T, KafkaWriterState, KafkaCommittable> writer)
            implements PrecommittingStatefulSinkWriter<T, KafkaWriterState, KafkaCommittable> {
        @Override
        public void write(T element, Context context) throws IOException, InterruptedException {
            writer.write(element, context);
        }

        @Override
        public void flush(boolean endOfInput) throws IOException, InterruptedException {
            writer.flush(endOfInput);
        }

        @Override
        public void writeWatermark(Watermark watermark) throws IOException, InterruptedException {
            writer.writeWatermark(watermark);
        }

        @Override
        public Collection<KafkaCommittable> prepareCommit()
                throws IOException, InterruptedException {
            return writer.prepareCommit();
        }

        @Override
        public List<KafkaWriterState> snapshotState(long checkpoint) throws IOException {
            return writer.snapshotState(checkpoint);
        }

        @Override
        public void close() throws Exception {
            IOUtils.closeAll(writer, this::closeAdminClient);
        }

        private void closeAdminClient() throws IllegalAccessException {
            Optional<Field> field = adminClient(writer.getClass());
            if (field.isPresent() && field.get().get(writer) instanceof AdminClient client) {
                // At once: whoever cancels a task waits for this.
                client.close(Duration.ZERO);
            }
        }
    }
}
