package io.ralmspec.job.client;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Delta;
import io.ralmspec.kafka.AnswerReader;
import io.ralmspec.kafka.ClientSettings;
import io.ralmspec.kafka.DeltaReader;
import io.ralmspec.kafka.OutputRecord;
import io.ralmspec.kafka.RequestWriter;
import io.ralmspec.kafka.TopicPlan;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends a request to the request topic and waits for its answer. Used by one thread. Reads only
 * what is written after it was made.
 */
public final class RalmClient implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final String CONNECT_MILLIS = "10000";

    private final TopicPlan topics;
    private final KafkaProducer<byte[], byte[]> producer;
    private final KafkaConsumer<byte[], byte[]> consumer;

    /**
     * @throws IllegalStateException if Kafka or the topics are not there
     */
    public RalmClient(ClientSettings settings, TopicPlan topics) {
        this.topics = topics;
        Properties consuming = settings.consumer();
        // Reads from the end of every partition, as nobody's group.
        consuming.remove("group.id");
        consuming.put("auto.offset.reset", "latest");
        consuming.put("default.api.timeout.ms", CONNECT_MILLIS);
        this.consumer =
                new KafkaConsumer<>(
                        consuming, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        try {
            startAtTheEnd();
        } catch (RuntimeException e) {
            consumer.close();
            throw e;
        }
        Properties producing = settings.producer();
        producing.put("linger.ms", "0");
        producing.put("max.block.ms", CONNECT_MILLIS);
        this.producer =
                new KafkaProducer<>(
                        producing, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private void startAtTheEnd() {
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : List.of(topics.answers().name(), topics.deltas().name())) {
            List<PartitionInfo> found;
            try {
                found = consumer.partitionsFor(topic);
            } catch (KafkaException e) {
                throw new IllegalStateException(
                        "Kafka does not answer: start `ralmspec serve`, or check"
                                + " --bootstrap-servers",
                        e);
            }
            if (found.isEmpty()) {
                throw new IllegalStateException(
                        "topic %s does not exist: start `ralmspec serve`, or create it with"
                                        .formatted(topic)
                                + " `ralmspec topics`");
            }
            for (PartitionInfo partition : found) {
                partitions.add(new TopicPartition(topic, partition.partition()));
            }
        }
        consumer.assign(partitions);
        consumer.seekToEnd(partitions);
        // Seeking is lazy: only asking for the position fixes it.
        partitions.forEach(consumer::position);
    }

    /**
     * Asks and waits.
     *
     * @param onDelta sees verified text as it comes, if the request streams
     * @throws TimeoutException if there is no answer in time; the request then goes on without us
     */
    public Answer ask(DecodingRequest request, Consumer<Delta> onDelta, Duration timeout)
            throws TimeoutException, InterruptedException {
        send(request);
        long deadline = System.nanoTime() + timeout.toNanos();
        Answer answer = null;
        boolean textComplete = !request.stream();
        while (answer == null || !textComplete) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                if (!keyOf(record).equals(request.id())) {
                    continue;
                }
                if (record.topic().equals(topics.answers().name())) {
                    answer = AnswerReader.read(record.value());
                    // A refused request has no text to wait for.
                    textComplete |= answer.error() != null;
                } else {
                    Delta delta = DeltaReader.read(record.value());
                    onDelta.accept(delta);
                    textComplete |= delta.last();
                }
            }
            if (System.nanoTime() > deadline) {
                throw new TimeoutException(
                        "no answer to request `%s` within %d s"
                                .formatted(request.id(), timeout.toSeconds()));
            }
        }
        return answer;
    }

    /** An answer, and the time from sending to having it. */
    public record Answered(Answer answer, double seconds) {}

    /** All at the same time. */
    public List<Answered> askAll(List<DecodingRequest> requests, Duration timeout)
            throws TimeoutException, InterruptedException {
        return askAll(requests, Math.max(1, requests.size()), timeout);
    }

    /**
     * Asks all and waits for all; result i belongs to request i.
     *
     * @param requests with different ids, none streamed
     * @param atATime so many at the same time, at least 1: when one is answered, the next is asked
     * @throws TimeoutException if one answer is not there in time; the requests then go on without
     *     us
     */
    public List<Answered> askAll(List<DecodingRequest> requests, int atATime, Duration timeout)
            throws TimeoutException, InterruptedException {
        Map<String, Long> sent = new HashMap<>();
        Map<String, Answered> answers = new HashMap<>();
        long deadline = System.nanoTime() + timeout.toNanos();
        while (answers.size() < requests.size()) {
            while (sent.size() < requests.size() && sent.size() - answers.size() < atATime) {
                DecodingRequest request = requests.get(sent.size());
                sent.put(request.id(), System.nanoTime());
                send(request);
            }
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                Long start = sent.get(keyOf(record));
                if (start != null && record.topic().equals(topics.answers().name())) {
                    Answer answer = AnswerReader.read(record.value());
                    double seconds = (System.nanoTime() - start) / 1e9;
                    answers.putIfAbsent(answer.id(), new Answered(answer, seconds));
                }
            }
            if (System.nanoTime() > deadline) {
                throw new TimeoutException(
                        "%d of %d requests have no answer within %d s"
                                .formatted(
                                        requests.size() - answers.size(),
                                        requests.size(),
                                        timeout.toSeconds()));
            }
        }
        List<Answered> ordered = new ArrayList<>();
        for (DecodingRequest request : requests) {
            ordered.add(Objects.requireNonNull(answers.get(request.id())));
        }
        return ordered;
    }

    /**
     * Sends without waiting.
     *
     * @param onFailure called, from another thread, if the request does not reach Kafka
     */
    public void submit(DecodingRequest request, Runnable onFailure) {
        submit(RequestWriter.record(request), onFailure);
    }

    /** Cancels the request with this id, without waiting. */
    public void cancel(String id) {
        submit(RequestWriter.cancellation(id), () -> {});
    }

    private void submit(OutputRecord record, Runnable onFailure) {
        try {
            producer.send(
                    record.toProducerRecord(topics.requests().name()),
                    (metadata, failure) -> {
                        if (failure != null) {
                            onFailure.run();
                        }
                    });
        } catch (org.apache.kafka.common.errors.TimeoutException e) {
            onFailure.run();
        }
    }

    /**
     * Waits for answers and text, and passes on all that has come.
     *
     * @param wait not longer than this
     * @param mine whether the request with an id is one of the caller's; others are skipped
     */
    public void receive(
            Duration wait,
            Predicate<String> mine,
            Consumer<Answer> onAnswer,
            Consumer<Delta> onDelta) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(wait)) {
            if (!mine.test(keyOf(record))) {
                continue;
            }
            if (record.topic().equals(topics.answers().name())) {
                onAnswer.accept(AnswerReader.read(record.value()));
            } else {
                onDelta.accept(DeltaReader.read(record.value()));
            }
        }
    }

    private void send(DecodingRequest request) throws InterruptedException {
        String topic = topics.requests().name();
        try {
            producer.send(RequestWriter.record(request).toProducerRecord(topic)).get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "could not send to topic %s: %s".formatted(topic, e.getCause()), e);
        }
    }

    private static String keyOf(ConsumerRecord<byte[], byte[]> record) {
        byte[] key = record.key();
        return key == null ? "" : new String(key, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        producer.close();
        consumer.close();
    }
}
