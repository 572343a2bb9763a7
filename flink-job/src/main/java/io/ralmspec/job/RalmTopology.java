package io.ralmspec.job;

import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.Submission;
import io.ralmspec.kafka.AnswerSerializer;
import io.ralmspec.kafka.ClientSettings;
import io.ralmspec.kafka.DeadLetterSerializer;
import io.ralmspec.kafka.DeltaSerializer;
import io.ralmspec.kafka.RequestParser;
import io.ralmspec.kafka.TopicPlan;
import io.ralmspec.streaming.OperatorUids;
import io.ralmspec.streaming.ServingFactory;
import io.ralmspec.streaming.SpeculativeRetrieval;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaSinkBuilder;
import org.apache.flink.connector.kafka.sink.TransactionNamingStrategy;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.ParameterTool;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;

/**
 * The whole job, left to right: requests, parse, the speculation loop, and the three topics that
 * every record ends on. Each stage is a vertex of its own in the Flink UI.
 */
public final class RalmTopology {
    private final Configuration options;
    private final TopicPlan topics;
    private final ClientSettings clients;

    private RalmTopology(Configuration options) {
        this.options = options;
        this.topics = JobSettings.topics(options);
        this.clients = JobSettings.clients(options).check(topics);
    }

    /**
     * Adds the job to an environment.
     *
     * @param options as {@link OptionsReader} checked them
     */
    public static void build(
            StreamExecutionEnvironment env, Configuration options, ServingFactory serving) {
        new RalmTopology(options).build(env, serving);
    }

    private void build(StreamExecutionEnvironment env, ServingFactory serving) {
        showOptions(env);
        DataStream<Origin> requests =
                env.fromSource(source(), WatermarkStrategy.noWatermarks(), JobUids.REQUESTS.uid())
                        .uid(JobUids.REQUESTS.uid());
        RequestParser parser =
                new RequestParser(JobSettings.limits(options), JobSettings.defaults(options));
        SingleOutputStreamOperator<Submission> submissions =
                requests.process(new ParseFunction(parser))
                        .name(JobUids.PARSE.uid())
                        .uid(JobUids.PARSE.uid())
                        .setMaxParallelism(OperatorUids.MAX_PARALLELISM)
                        .disableChaining();

        SpeculativeRetrieval.Streams loop =
                SpeculativeRetrieval.attach(submissions, serving, JobSettings.operators(options));

        int maxBytes = JobSettings.maxAnswerBytes(options);
        sink(
                loop.answers(),
                JobUids.ANSWERS,
                new OutputSerializer<>(
                        topics.answers().name(), new AnswerSerializer(maxBytes)::serialize));
        sink(
                loop.deltas(),
                JobUids.DELTAS,
                new OutputSerializer<>(
                        topics.deltas().name(), new DeltaSerializer(maxBytes)::serialize));
        sink(
                loop.deadLetters().union(submissions.getSideOutput(ParseFunction.UNREADABLE)),
                JobUids.DEAD_LETTERS,
                new OutputSerializer<>(
                        topics.deadLetters().name(), new DeadLetterSerializer()::serialize));
    }

    /** The Flink UI shows a job's parameters on its Configuration tab. */
    private void showOptions(StreamExecutionEnvironment env) {
        Map<String, String> shown = new HashMap<>(env.getConfig().getGlobalJobParameters().toMap());
        shown.putAll(ShownOptions.of(options));
        env.getConfig().setGlobalJobParameters(ParameterTool.fromMap(shown));
    }

    private KafkaSource<Origin> source() {
        Properties consumer = clients.consumer();
        // The starting offsets below say it; Flink warns where both do.
        consumer.remove("auto.offset.reset");
        return KafkaSource.<Origin>builder()
                .setProperties(consumer)
                .setGroupId(options.get(JobOptions.GROUP_ID))
                .setTopics(topics.requests().name())
                .setStartingOffsets(
                        OffsetsInitializer.committedOffsets(OffsetResetStrategy.EARLIEST))
                .setDeserializer(new OriginDeserializer())
                .build();
    }

    private <T> void sink(DataStream<T> stream, JobUids uid, OutputSerializer<T> serializer) {
        KafkaSinkBuilder<T> builder =
                KafkaSink.<T>builder()
                        .setBootstrapServers(options.get(JobOptions.BOOTSTRAP_SERVERS))
                        .setKafkaProducerConfig(clients.producer())
                        .setRecordSerializer(serializer);
        Sink<T> sink;
        if (options.get(JobOptions.DELIVERY).equals("exactly-once")) {
            String prefix = options.get(JobOptions.TRANSACTIONAL_ID_PREFIX) + "-" + uid.uid();
            builder.setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                    .setTransactionalIdPrefix(prefix)
                    // Reuses ids; the default leaves new ones on the broker for days.
                    .setTransactionNamingStrategy(TransactionNamingStrategy.POOLING);
            sink = new ClosingKafkaSink<>(builder.build());
        } else {
            sink = builder.setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE).build();
        }
        stream.sinkTo(sink)
                .name(uid.uid())
                .uid(uid.uid())
                .setMaxParallelism(OperatorUids.MAX_PARALLELISM);
    }
}
