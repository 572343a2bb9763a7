package io.ralmspec.job;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** Watches a topic from the side, as a user would, and notes when each id first shows up. */
final class AnswerLog implements AutoCloseable {
    private final Map<String, Long> arrivals = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile boolean closed;

    AnswerLog(Properties settings, String topic) {
        KafkaConsumer<byte[], byte[]> consumer = KafkaRecords.fromTheStart(settings, topic);
        thread = Thread.ofPlatform().name("answer-log").daemon().start(() -> watch(consumer));
    }

    /** Ids seen so far. */
    int size() {
        return arrivals.size();
    }

    /** When the id was first seen, on the clock of {@link System#nanoTime}. */
    long arrivalNanos(String id) {
        return Objects.requireNonNull(arrivals.get(id), id);
    }

    @Override
    public void close() throws InterruptedException {
        closed = true;
        thread.join();
    }

    private void watch(KafkaConsumer<byte[], byte[]> consumer) {
        try (consumer) {
            while (!closed) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(20))) {
                    arrivals.putIfAbsent(new String(record.key(), UTF_8), System.nanoTime());
                }
            }
        }
    }
}
