package io.ralmspec.kafka;

import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * A record ready to be sent; the topic is the sender's choice.
 *
 * @param headerValues {@code headerValues.get(i)} belongs to {@code headerNames.get(i)}
 */
public record OutputRecord(
        byte @Nullable [] key,
        byte @Nullable [] value,
        List<String> headerNames,
        List<byte[]> headerValues) {
    public OutputRecord {
        headerNames = List.copyOf(headerNames);
        headerValues = List.copyOf(headerValues);
        if (headerNames.size() != headerValues.size()) {
            throw new IllegalArgumentException(
                    "`headerValues` must be as many as names, %d (got %d)"
                            .formatted(headerNames.size(), headerValues.size()));
        }
    }

    /** The same for Kafka's producer, which picks the partition by key. */
    public ProducerRecord<byte[], byte[]> toProducerRecord(String topic) {
        var headers = new RecordHeaders();
        for (int i = 0; i < headerNames.size(); i++) {
            headers.add(headerNames.get(i), headerValues.get(i));
        }
        return new ProducerRecord<>(topic, null, null, key, value, headers);
    }
}
