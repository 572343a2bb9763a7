package io.ralmspec.knowledge;

import io.ralmspec.decoding.knnlm.KeyEncoder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the keys window by window and appends them in blocks. Windows lie at fixed places of the
 * corpus, so a build that goes on cuts it as one that was never interrupted.
 */
final class KeyWriting {
    private final KeyEncoder encoder;
    private final TokenFile tokens;
    private final DatastoreSettings.Window window;
    private final VectorType type;
    private final List<float[]> pending = new ArrayList<>();

    KeyWriting(
            KeyEncoder encoder,
            TokenFile tokens,
            DatastoreSettings.Window window,
            VectorType type) {
        this.encoder = encoder;
        this.tokens = tokens;
        this.window = window;
        this.type = type;
    }

    /**
     * @param from entries that the file holds already: a multiple of 64, or all
     * @param saved told after each chunk, once it is safely on disk
     */
    void run(VectorFileWriter writer, int from, Encoding.Saved saved) throws IOException {
        int entries = tokens.size() - 1;
        int written = from;
        int stride = window.stride();
        for (long at = from / stride * (long) stride; at < entries; at += stride) {
            int start = (int) at;
            int end = (int) Math.min(entries, at + stride);
            int begin = Math.max(0, start - window.left());
            float[][] keys = encoder.keys(tokens.tokens(begin, end));
            for (int entry = Math.max(start, from); entry < end; entry++) {
                pending.add(checked(keys[entry - begin], entry));
            }
            if (pending.size() >= Encoding.CHUNK || end == entries) {
                written += flush(writer, end == entries);
                saved.saved(written);
            }
        }
    }

    private int flush(VectorFileWriter writer, boolean last) throws IOException {
        int count = last ? pending.size() : pending.size() / VectorFile.ROWS * VectorFile.ROWS;
        List<float[]> rows = pending.subList(0, count);
        writer.append(rows.toArray(float[][]::new));
        rows.clear();
        return count;
    }

    private float[] checked(float[] key, int entry) {
        if (key.length != encoder.dimension()) {
            throw new IndexException(
                    "model %s gave entry %d a key of %d numbers, not %d"
                            .formatted(
                                    encoder.fingerprint(), entry, key.length, encoder.dimension()));
        }
        for (float value : key) {
            // Rounding to fp16 makes infinities of large numbers.
            float stored =
                    type == VectorType.FP16
                            ? Float.float16ToFloat(Float.floatToFloat16(value))
                            : value;
            if (!Float.isFinite(stored)) {
                throw new IndexException(
                        "model %s gave entry %d a key with %s in it, which is no finite %s number: %s"
                                .formatted(
                                        encoder.fingerprint(),
                                        entry,
                                        value,
                                        type.wireName(),
                                        type == VectorType.FP16
                                                ? "choose fp32"
                                                : "the model is broken"));
            }
        }
        return key;
    }
}
