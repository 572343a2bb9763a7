package io.ralmspec.knowledge;

import java.util.Arrays;
import java.util.Locale;

/** How the numbers of vectors are stored. All arithmetic is fp32. */
public enum VectorType {
    FP32(Float.BYTES),
    /** Half of the bytes, 11 significant bits, at most 65504. Conversion to fp32 is exact. */
    FP16(Short.BYTES);

    private final int bytes;

    VectorType(int bytes) {
        this.bytes = bytes;
    }

    int bytes() {
        return bytes;
    }

    /** {@code fp32} or {@code fp16}. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * @throws IllegalArgumentException for any other name
     */
    public static VectorType of(String wireName) {
        return Arrays.stream(values())
                .filter(type -> type.wireName().equals(wireName))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "`key_type` must be fp32 or fp16 (got %s)"
                                                .formatted(wireName)));
    }
}
