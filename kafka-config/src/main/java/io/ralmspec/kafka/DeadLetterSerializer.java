package io.ralmspec.kafka;

import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.RequestError;
import java.io.Serializable;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Dead letters: the original key, value and headers, unchanged, and headers that say where the
 * record came from and what is wrong with it. A broker's limit holds for compressed batches, so a
 * record may be far larger than the topic's limit seems to allow; what does not fit into the bound
 * is cut, with its full size in a header, and can still be read at its original position. Stateless
 * and thread-safe.
 */
public final class DeadLetterSerializer implements Serializable {
    public static final String CODE = "ralmspec-error-code";
    public static final String FIELD = "ralmspec-error-field";
    public static final String MESSAGE = "ralmspec-error-message";
    public static final String TOPIC = "ralmspec-topic";
    public static final String PARTITION = "ralmspec-partition";
    public static final String OFFSET = "ralmspec-offset";

    /** The original record's timestamp in milliseconds since 1970. */
    public static final String TIMESTAMP = "ralmspec-timestamp";

    /** Bytes of the original key; only there if it was cut. */
    public static final String KEY_BYTES = "ralmspec-key-bytes";

    /** Bytes of the original value; only there if it was cut. */
    public static final String VALUE_BYTES = "ralmspec-value-bytes";

    /** How often the record was sent again from this topic; only there if it was. */
    public static final String REPLAYS = "ralmspec-replays";

    /** 24 MiB, the topic's limit, less 64 KiB for Kafka's framing. */
    public static final int DEFAULT_MAX_RECORD_BYTES = (24 << 20) - 65_536;

    /** Our own headers and some of the original always fit in this. */
    public static final int MIN_MAX_RECORD_BYTES = 65_536;

    private static final long serialVersionUID = 1;

    private final int maxRecordBytes;

    public DeadLetterSerializer() {
        this(DEFAULT_MAX_RECORD_BYTES);
    }

    /**
     * @param maxRecordBytes most bytes of key, value and headers together, at least {@link
     *     #MIN_MAX_RECORD_BYTES}
     */
    public DeadLetterSerializer(int maxRecordBytes) {
        if (maxRecordBytes < MIN_MAX_RECORD_BYTES) {
            throw new IllegalArgumentException(
                    "`maxRecordBytes` must be >= %d (got %d)"
                            .formatted(MIN_MAX_RECORD_BYTES, maxRecordBytes));
        }
        this.maxRecordBytes = maxRecordBytes;
    }

    public OutputRecord serialize(DeadLetter deadLetter) {
        Origin origin = deadLetter.origin();
        HeaderList own = own(deadLetter);
        long room = maxRecordBytes - own.bytes();
        // Headers come first, because they route; but they leave room for key and value.
        HeaderList all = HeaderList.copied(origin, Integer.MAX_VALUE, room / 4);
        room -= all.bytes();
        byte[] key = cut(origin.key(), room / 4);
        room -= key == null ? 0 : key.length;
        byte[] value = cut(origin.value(), room);
        addSize(own, KEY_BYTES, origin.key(), key);
        addSize(own, VALUE_BYTES, origin.value(), value);
        all.addAll(own);
        return all.record(key, value);
    }

    private static HeaderList own(DeadLetter deadLetter) {
        Origin origin = deadLetter.origin();
        RequestError error = deadLetter.error();
        var headers = new HeaderList();
        headers.add(HeaderList.SCHEMA_VERSION, 1);
        headers.add(CODE, error.code().wireName());
        headers.add(FIELD, error.field());
        headers.add(MESSAGE, Shown.message(error));
        headers.add(TOPIC, origin.topic());
        headers.add(PARTITION, origin.partition());
        headers.add(OFFSET, origin.offset());
        headers.add(TIMESTAMP, origin.timestampMillis());
        int replays = Replays.of(origin);
        if (replays > 0) {
            headers.add(REPLAYS, replays);
        }
        return headers;
    }

    private static byte @Nullable [] cut(byte @Nullable [] bytes, long room) {
        return bytes == null || bytes.length <= room ? bytes : Arrays.copyOf(bytes, (int) room);
    }

    private static void addSize(
            HeaderList headers, String name, byte @Nullable [] original, byte @Nullable [] sent) {
        if (original != null && sent != null && original.length > sent.length) {
            headers.add(name, original.length);
        }
    }
}
