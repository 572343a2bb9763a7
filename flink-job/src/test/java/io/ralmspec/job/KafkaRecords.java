package io.ralmspec.job;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ralmspec.kafka.ClientSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends and reads raw records. */
public final class KafkaRecords {
    private KafkaRecords() {}

    public static KafkaProducer<byte[], byte[]> producer(ClientSettings clients) {
        return new KafkaProducer<>(
                clients.producer(), new ByteArraySerializer(), new ByteArraySerializer());
    }

    public static ProducerRecord<byte[], byte[]> record(String topic, String key, String value) {
        return new ProducerRecord<>(
                topic, key.getBytes(UTF_8), value == null ? null : value.getBytes(UTF_8));
    }

    /** All records from the start, until {@code enough} or 60 s have passed. */
    public static List<ConsumerRecord<byte[], byte[]>> read(
            ClientSettings clients,
            String topic,
            Predicate<List<ConsumerRecord<byte[], byte[]>>> enough) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = fromTheStart(clients.consumer(), topic)) {
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (!enough.test(records) && System.nanoTime() < deadline) {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            }
        }
        return records;
    }

    /** All records that the topic has now for consumers with these settings. */
    static List<ConsumerRecord<byte[], byte[]>> readAll(Properties settings, String topic) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = fromTheStart(settings, topic)) {
            Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
            while (ends.entrySet().stream()
                    .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            }
        }
        return records;
    }

    /** A consumer of all the topic's partitions, before their first record. */
    static KafkaConsumer<byte[], byte[]> fromTheStart(Properties settings, String topic) {
        settings.remove("group.id");
        KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(
                        settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        List<TopicPartition> partitions =
                consumer.partitionsFor(topic).stream()
                        .map(info -> new TopicPartition(topic, info.partition()))
                        .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        return consumer;
    }
}
