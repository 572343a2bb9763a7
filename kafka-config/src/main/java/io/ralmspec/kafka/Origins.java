package io.ralmspec.kafka;

import io.ralmspec.decoding.Origin;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/** Makes {@link Origin}s from Kafka's records. */
public final class Origins {
    private static final byte[] EMPTY = {};

    private Origins() {}

    /** Everything the record has; a header without a value gets an empty one. */
    public static Origin of(ConsumerRecord<byte[], byte[]> record) {
        List<String> names = new ArrayList<>();
        List<byte[]> values = new ArrayList<>();
        for (Header header : record.headers()) {
            byte[] value = header.value();
            names.add(header.key());
            values.add(value == null ? EMPTY : value);
        }
        return new Origin(
                record.topic(),
                record.partition(),
                record.offset(),
                record.timestamp(),
                record.key(),
                record.value(),
                names,
                values);
    }
}
