package io.ralmspec.streaming;

import io.ralmspec.decoding.DecodingSession;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.SessionState;
import io.ralmspec.decoding.knnlm.KnnState;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What keyed state holds of a request: where it came from, and its session. As bytes with a version
 * in front; the session inside has a version of its own.
 *
 * @param origin without the record's value
 */
record StoredSession(Origin origin, DecodingSession session) {
    private static final int VERSION = 1;
    private static final int NULL = -1;

    StoredSession {
        origin = origin.value() == null ? origin : origin.withoutValue();
    }

    StoredSession with(DecodingSession next) {
        return new StoredSession(origin, next);
    }

    String id() {
        return session.request().id();
    }

    /** For messages: the request's id and where it came from. */
    String describe() {
        return "request " + id() + " (" + origin.position() + ")";
    }

    byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            write(out, origin.topic().getBytes(StandardCharsets.UTF_8));
            out.writeInt(origin.partition());
            out.writeLong(origin.offset());
            out.writeLong(origin.timestampMillis());
            write(out, origin.key());
            out.writeInt(origin.headerNames().size());
            for (int i = 0; i < origin.headerNames().size(); i++) {
                write(out, origin.headerNames().get(i).getBytes(StandardCharsets.UTF_8));
                write(out, origin.headerValues().get(i));
            }
            write(out, session.toBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /**
     * @throws IllegalArgumentException if the bytes are not a session of a known version
     */
    static StoredSession fromBytes(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int version = in.readByte();
            if (version != VERSION) {
                throw new IllegalArgumentException(
                        ("stored session version must be %d (got %d): this job is older than its"
                                        + " state")
                                .formatted(VERSION, version));
            }
            String topic = readString(in);
            int partition = in.readInt();
            long offset = in.readLong();
            long timestampMillis = in.readLong();
            byte @Nullable [] key = read(in);
            int headers = in.readInt();
            List<String> names = new ArrayList<>(headers);
            List<byte[]> values = new ArrayList<>(headers);
            for (int i = 0; i < headers; i++) {
                names.add(readString(in));
                values.add(required(read(in)));
            }
            Origin origin =
                    new Origin(topic, partition, offset, timestampMillis, key, null, names, values);
            return new StoredSession(origin, session(required(read(in))));
        } catch (IOException e) {
            throw new IllegalArgumentException("stored session is truncated", e);
        }
    }

    private static DecodingSession session(byte[] bytes) {
        return KnnState.wrote(bytes) ? KnnState.fromBytes(bytes) : SessionState.fromBytes(bytes);
    }

    private static void write(DataOutputStream out, byte @Nullable [] bytes) throws IOException {
        if (bytes == null) {
            out.writeInt(NULL);
        } else {
            out.writeInt(bytes.length);
            out.write(bytes);
        }
    }

    private static byte @Nullable [] read(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length == NULL) {
            return null;
        }
        if (length < 0 || length > in.available()) {
            throw new IOException(
                    "length must be in [0, %d] (got %d)".formatted(in.available(), length));
        }
        return in.readNBytes(length);
    }

    private static String readString(DataInputStream in) throws IOException {
        return new String(required(read(in)), StandardCharsets.UTF_8);
    }

    private static byte[] required(byte @Nullable [] bytes) throws IOException {
        if (bytes == null) {
            throw new IOException("a value that can't be absent is absent");
        }
        return bytes;
    }
}
