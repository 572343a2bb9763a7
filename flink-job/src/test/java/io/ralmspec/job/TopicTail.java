package io.ralmspec.job;

import io.ralmspec.kafka.ClientSettings;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Hands over what comes on topics, committed records only, from a thread of its own. */
final class TopicTail implements AutoCloseable {
    private final Thread thread;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean closing;

    /**
     * @param takers by topic; called by this tail's thread
     */
    TopicTail(
            ClientSettings clients, Map<String, Consumer<ConsumerRecord<byte[], byte[]>>> takers) {
        Properties settings = clients.consumer();
        settings.remove("group.id");
        thread = Thread.ofPlatform().name("tail").daemon().start(() -> run(settings, takers));
    }

    private void run(
            Properties settings, Map<String, Consumer<ConsumerRecord<byte[], byte[]>>> takers) {
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(
                        settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(
                    takers.keySet().stream()
                            .flatMap(topic -> consumer.partitionsFor(topic).stream())
                            .map(info -> new TopicPartition(info.topic(), info.partition()))
                            .collect(Collectors.toSet()));
            consumer.seekToBeginning(consumer.assignment());
            while (!closing) {
                consumer.poll(Duration.ofMillis(100))
                        .forEach(record -> takers.get(record.topic()).accept(record));
            }
        } catch (Throwable e) {
            failure.set(e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        closing = true;
        thread.join();
        Throwable e = failure.get();
        if (e != null) {
            throw new AssertionError("the tail failed: " + Arrays.toString(e.getStackTrace()), e);
        }
    }
}
