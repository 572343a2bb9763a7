package io.ralmspec.job;

import io.ralmspec.kafka.OutputRecord;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetIdentifier;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacetProvider;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Lets a serializer of {@code kafka-config} write to one topic. */
final class OutputSerializer<T>
        implements KafkaRecordSerializationSchema<T>, KafkaDatasetFacetProvider {
    /** A function that travels with the job graph. */
    interface Serializer<T> extends Function<T, OutputRecord>, Serializable {}

    private final String topic;
    private final Serializer<T> serializer;

    OutputSerializer(String topic, Serializer<T> serializer) {
        this.topic = topic;
        this.serializer = serializer;
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(
            T element, KafkaSinkContext context, Long timestamp) {
        return serializer.apply(element).toProducerRecord(topic);
    }

    /** Exactly-once sinks ask for the topic, to find transactions that a failed job has left. */
    @Override
    public Optional<KafkaDatasetFacet> getKafkaDatasetFacet() {
        return Optional.of(
                new DefaultKafkaDatasetFacet(
                        DefaultKafkaDatasetIdentifier.ofTopics(List.of(topic))));
    }
}
