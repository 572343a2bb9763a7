package io.ralmspec.decoding;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a request came from. Carried unread, so that answers copy its headers and errors name it.
 *
 * @param timestampMillis the record's timestamp
 * @param key the record's key, or null
 * @param value the record's bytes, null for a tombstone or once they are no longer needed
 * @param headerValues {@code headerValues.get(i)} belongs to {@code headerNames.get(i)}
 */
public record Origin(
        String topic,
        int partition,
        long offset,
        long timestampMillis,
        byte @Nullable [] key,
        byte @Nullable [] value,
        List<String> headerNames,
        List<byte[]> headerValues) {

    public Origin withoutValue() {
        return new Origin(
                topic, partition, offset, timestampMillis, key, null, headerNames, headerValues);
    }

    /** Topic, partition and offset, for messages. */
    public String position() {
        return topic + "-" + partition + "@" + offset;
    }
}
