package io.ralmspec.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ralmspec.decoding.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A record's headers while they are copied from a request to what answers it. Names that start with
 * {@value #RESERVED} are ours: a sender's are dropped, so that each is there once and true, also
 * when a dead letter is sent again. The one exception is what counts that, see {@link Replays}.
 */
final class HeaderList {
    /** Most headers copied to an answer or delta. */
    static final int MAX_COPIED = 32;

    /** Most bytes of names and values copied to an answer or delta. */
    static final int MAX_COPIED_BYTES = 8192;

    static final String RESERVED = "ralmspec-";
    static final String SCHEMA_VERSION = "ralmspec-schema-version";

    /** How many headers were left out because of a bound; absent for none. */
    static final String DROPPED = "ralmspec-headers-dropped";

    /** Copied before all others, so that a trace survives a request with too many headers. */
    private static final Set<String> TRACE = Set.of("traceparent", "tracestate", "baggage");

    private final List<String> names = new ArrayList<>();
    private final List<byte[]> values = new ArrayList<>();
    private long bytes;

    /** The sender's headers within the given bounds, in their order, and how many are missing. */
    static HeaderList copied(Origin origin, int maxCount, long maxBytes) {
        int size = origin.headerNames().size();
        boolean[] chosen = new boolean[size];
        int count = 0;
        int reservedDropped = 0;
        long bytes = 0;
        for (boolean trace : new boolean[] {true, false}) {
            for (int i = 0; i < size; i++) {
                String name = origin.headerNames().get(i);
                long length = bytesOf(name, origin.headerValues().get(i));
                if (TRACE.contains(name) == trace
                        && !name.startsWith(RESERVED)
                        && count < maxCount
                        && bytes + length <= maxBytes) {
                    chosen[i] = true;
                    count++;
                    bytes += length;
                }
            }
        }
        var copy = new HeaderList();
        for (int i = 0; i < size; i++) {
            String name = origin.headerNames().get(i);
            if (chosen[i]) {
                copy.add(name, origin.headerValues().get(i));
            } else if (name.startsWith(RESERVED)) {
                reservedDropped++;
            }
        }
        int dropped = size - count - reservedDropped;
        if (dropped > 0) {
            copy.add(DROPPED, dropped);
        }
        return copy;
    }

    /** What a submission keeps of its request's headers. */
    static HeaderList ofSubmission(Origin origin) {
        HeaderList headers = copied(origin, MAX_COPIED, MAX_COPIED_BYTES);
        int replays = Replays.of(origin);
        if (replays > 0) {
            // It may become a dead letter yet.
            headers.add(DeadLetterSerializer.REPLAYS, replays);
        }
        return headers;
    }

    /**
     * The headers of an answer or a delta to this request, bounded already by the parser or not.
     */
    static HeaderList ofReply(Origin origin) {
        HeaderList headers = copied(origin, MAX_COPIED, MAX_COPIED_BYTES);
        int dropped = origin.headerNames().indexOf(DROPPED);
        if (dropped >= 0 && !headers.names.contains(DROPPED)) {
            // The parser put it there: it takes none from a sender.
            headers.add(DROPPED, origin.headerValues().get(dropped));
        }
        headers.add(SCHEMA_VERSION, 1);
        return headers;
    }

    void add(String name, byte[] value) {
        names.add(name);
        values.add(value);
        bytes += bytesOf(name, value);
    }

    void add(String name, String value) {
        add(name, Json.utf8(value));
    }

    void add(String name, long value) {
        add(name, Long.toString(value));
    }

    void addAll(HeaderList other) {
        for (int i = 0; i < other.names.size(); i++) {
            add(other.names.get(i), other.values.get(i));
        }
    }

    /** Bytes on the wire at most, lengths included. */
    long bytes() {
        return bytes;
    }

    OutputRecord record(byte @Nullable [] key, byte @Nullable [] value) {
        return new OutputRecord(key, value, names, values);
    }

    List<String> names() {
        return List.copyOf(names);
    }

    List<byte[]> values() {
        return List.copyOf(values);
    }

    private static long bytesOf(String name, byte[] value) {
        // Kafka writes each length as a varint of at most 5 bytes.
        return name.getBytes(UTF_8).length + (long) value.length + 10;
    }
}
