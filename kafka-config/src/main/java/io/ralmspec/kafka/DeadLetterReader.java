package io.ralmspec.kafka;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the dead letters that are there now, as nobody's consumer group: reading changes nothing.
 * Used by one thread.
 */
public final class DeadLetterReader implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final String topic;

    public DeadLetterReader(ClientSettings settings, String topic) {
        Properties consuming = settings.consumer();
        consuming.remove("group.id");
        consuming.put("auto.offset.reset", "earliest");
        consuming.put("default.api.timeout.ms", String.valueOf(PATIENCE.toMillis()));
        this.consumer =
                new KafkaConsumer<>(
                        consuming, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        this.topic = topic;
    }

    /**
     * Shows what the query selects, the oldest of each partition first, but nothing that is written
     * from now on. May be called again.
     *
     * @param visitor gets each; false stops the reading
     * @throws IllegalStateException if Kafka or the topic is not there
     */
    public void read(DeadLetterQuery query, Predicate<StoredDeadLetter> visitor) {
        Map<TopicPartition, Long> ends = start(query);
        long progress = System.nanoTime();
        while (!ends.isEmpty()) {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
            for (ConsumerRecord<byte[], byte[]> record : records) {
                Long end = ends.get(new TopicPartition(topic, record.partition()));
                var letter = new StoredDeadLetter(record);
                if (end != null
                        && record.offset() < end
                        && query.selects(letter)
                        && !visitor.test(letter)) {
                    return;
                }
            }
            // A transaction's end has an offset, too, but is no record: only the position counts.
            boolean done =
                    ends.entrySet().removeIf(e -> consumer.position(e.getKey()) >= e.getValue());
            if (done || !records.isEmpty()) {
                progress = System.nanoTime();
                consumer.pause(
                        consumer.assignment().stream().filter(p -> !ends.containsKey(p)).toList());
            } else if (System.nanoTime() - progress > PATIENCE.toNanos()) {
                throw new IllegalStateException(
                        "Kafka gives no record of topic %s for %d s: is it up?"
                                .formatted(topic, PATIENCE.toSeconds()));
            }
        }
    }

    /** Seeks; returns where to stop in each partition that has something to read. */
    private Map<TopicPartition, Long> start(DeadLetterQuery query) {
        Map<TopicPartition, Long> begins;
        Map<TopicPartition, Long> ends;
        try {
            List<PartitionInfo> all = consumer.partitionsFor(topic);
            if (all.isEmpty()) {
                throw new IllegalStateException(
                        "topic %s must exist (got none of that name): create it with `ralmspec topics --create`"
                                .formatted(topic));
            }
            var partitions =
                    all.stream()
                            .filter(info -> query.mayBeIn(info.partition()))
                            .map(info -> new TopicPartition(topic, info.partition()))
                            .toList();
            consumer.assign(partitions);
            begins = new HashMap<>(consumer.beginningOffsets(partitions));
            ends = new HashMap<>(consumer.endOffsets(partitions));
            Instant since = query.since();
            if (since != null) {
                Map<TopicPartition, Long> times = new HashMap<>();
                // Kafka knows no time before 1970.
                long millis = Math.max(0, since.toEpochMilli());
                partitions.forEach(partition -> times.put(partition, millis));
                consumer.offsetsForTimes(times)
                        .forEach((partition, at) -> begins.merge(partition, offset(at), Math::max));
            }
        } catch (KafkaException e) {
            throw new IllegalStateException(
                    "Kafka does not answer: check --bootstrap-servers and -K", e);
        }
        ends.replaceAll((partition, end) -> Math.min(end, query.to(partition.partition())));
        begins.replaceAll((partition, begin) -> Math.max(begin, query.from(partition.partition())));
        ends.entrySet().removeIf(end -> begins.getOrDefault(end.getKey(), 0L) >= end.getValue());
        consumer.assign(ends.keySet());
        // An earlier reading has paused them where it ended.
        consumer.resume(ends.keySet());
        ends.keySet().forEach(p -> consumer.seek(p, begins.getOrDefault(p, 0L)));
        return ends;
    }

    /** Null stands for a partition with nothing as late. */
    private static long offset(@Nullable OffsetAndTimestamp at) {
        return at == null ? Long.MAX_VALUE : at.offset();
    }

    @Override
    public void close() {
        consumer.close();
    }
}
