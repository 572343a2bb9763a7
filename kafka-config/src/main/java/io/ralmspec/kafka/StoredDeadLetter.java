package io.ralmspec.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * A record of the dead letter topic, as {@link DeadLetterSerializer} wrote it. Anybody may write to
 * that topic, so nothing is taken for granted: texts are escaped, cut and fit for a terminal, and a
 * number that is none is -1.
 */
public final class StoredDeadLetter {
    private final ConsumerRecord<byte[], byte[]> record;

    StoredDeadLetter(ConsumerRecord<byte[], byte[]> record) {
        this.record = record;
    }

    /** Whether it says where it came from and why, as all dead letters of the job do. */
    public boolean isOurs() {
        return !code().isEmpty() && !header(DeadLetterSerializer.TOPIC).isEmpty();
    }

    /** Of the dead letter itself. */
    public int partition() {
        return record.partition();
    }

    /** Of the dead letter itself. */
    public long offset() {
        return record.offset();
    }

    /** When the job wrote it. */
    public Instant time() {
        return Instant.ofEpochMilli(record.timestamp());
    }

    /** An error code's wire name, or empty. */
    public String code() {
        return header(DeadLetterSerializer.CODE);
    }

    /** The path of the field at fault, or empty. */
    public String field() {
        return header(DeadLetterSerializer.FIELD);
    }

    /** What is wrong, or empty. */
    public String message() {
        return header(DeadLetterSerializer.MESSAGE);
    }

    /** Topic, partition and offset of the record that died, as messages show them. */
    public String origin() {
        return "%s-%d@%d"
                .formatted(
                        header(DeadLetterSerializer.TOPIC),
                        number(DeadLetterSerializer.PARTITION),
                        number(DeadLetterSerializer.OFFSET));
    }

    /** Bytes of the original value; 0 for none. */
    public long valueBytes() {
        byte[] value = record.value();
        long cut = number(DeadLetterSerializer.VALUE_BYTES);
        return cut >= 0 ? cut : value == null ? 0 : value.length;
    }

    /** Whether key or value were too large to be kept whole. */
    public boolean isCut() {
        return record.headers().lastHeader(DeadLetterSerializer.VALUE_BYTES) != null
                || record.headers().lastHeader(DeadLetterSerializer.KEY_BYTES) != null;
    }

    /** How often this record was sent again before it died, at least 0. */
    public int replays() {
        Header header = record.headers().lastHeader(DeadLetterSerializer.REPLAYS);
        return header == null ? 0 : Replays.parse(header.value());
    }

    /**
     * The start of the value as text. It may be a prompt: to be shown only to who asks for it.
     *
     * @param bytes to show at most
     */
    public String preview(int bytes) {
        byte[] value = record.value();
        return value == null
                ? ""
                : Shown.escaped(
                        new String(Arrays.copyOf(value, Math.min(bytes, value.length)), UTF_8));
    }

    /** The same text for records with the same key and value, whatever their headers. */
    String content() {
        byte[] key = record.key();
        byte[] value = record.value();
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(ByteBuffer.allocate(4).putInt(key == null ? -1 : key.length).flip());
            digest.update(key == null ? new byte[0] : key);
            digest.update((byte) (value == null ? 0 : 1));
            digest.update(value == null ? new byte[0] : value);
            return HexFormat.of().formatHex(digest.digest(), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /**
     * The original record: its key, value and headers, and one header more, which counts how often
     * it was sent again.
     *
     * @param replays that count, this time included, in [1, 9999]
     * @throws IllegalStateException if it was cut
     */
    OutputRecord again(int replays) {
        if (isCut()) {
            throw new IllegalStateException(
                    "dead letter %d:%d must be whole to be sent again (got a cut one)"
                            .formatted(partition(), offset()));
        }
        var headers = new HeaderList();
        for (Header header : record.headers()) {
            if (!header.key().startsWith(HeaderList.RESERVED)) {
                headers.add(header.key(), header.value() == null ? new byte[0] : header.value());
            }
        }
        headers.add(DeadLetterSerializer.REPLAYS, replays);
        return headers.record(record.key(), record.value());
    }

    private String header(String name) {
        Header header = record.headers().lastHeader(name);
        if (header == null || header.value() == null) {
            return "";
        }
        String text = new String(header.value(), UTF_8);
        return Shown.escaped(text.substring(0, Math.min(text.length(), Shown.MAX_MESSAGE)));
    }

    private long number(String name) {
        String text = header(name);
        return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : -1;
    }
}
