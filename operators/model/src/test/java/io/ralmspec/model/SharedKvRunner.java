package io.ralmspec.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs the reader model directly on ONNX Runtime with in-place key-value buffers: each buffer has
 * room for the whole context and is both input and output; the mask's length says how much of it
 * counts.
 */
final class SharedKvRunner implements AutoCloseable {
    private static final int LAYERS = 4;
    private static final int HEADS = 4;
    private static final int HEAD_SIZE = 64;
    private static final int CONTEXT = 512;
    private static final int VOCABULARY = 8192;

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final Map<String, OnnxTensor> past = new HashMap<>();
    private final Map<String, OnnxValue> present = new HashMap<>();

    SharedKvRunner(Path model, int threads) throws OrtException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            session = environment.createSession(model.toString(), options);
        }
        for (int layer = 0; layer < LAYERS; layer++) {
            for (String kind : new String[] {"key", "value"}) {
                OnnxTensor buffer = buffer();
                past.put("past_key_values." + layer + "." + kind, buffer);
                present.put("present." + layer + "." + kind, buffer);
            }
        }
    }

    private OnnxTensor buffer() throws OrtException {
        FloatBuffer floats =
                ByteBuffer.allocateDirect(HEADS * CONTEXT * HEAD_SIZE * Float.BYTES)
                        .order(ByteOrder.nativeOrder())
                        .asFloatBuffer();
        return OnnxTensor.createTensor(
                environment, floats, new long[] {1, HEADS, CONTEXT, HEAD_SIZE});
    }

    /** The logits after {@code tokens}, which stand at positions {@code start} and following. */
    float[] run(int[] tokens, int start) throws OrtException {
        return run(tokens, start, Math.min(2, tokens.length)).getLast();
    }

    /**
     * The logits after each of the last {@code kept} of {@code tokens}, which stand at positions
     * {@code start} and following.
     */
    List<float[]> run(int[] tokens, int start, int kept) throws OrtException {
        long[] ids = Arrays.stream(tokens).asLongStream().toArray();
        long[] mask = new long[start + ids.length];
        Arrays.fill(mask, 1);
        Map<String, OnnxTensor> inputs = new HashMap<>(past);
        try (OnnxTensor idTensor = row(ids);
                OnnxTensor maskTensor = row(mask);
                OnnxTensor keptTensor = OnnxTensor.createTensor(environment, (long) kept)) {
            inputs.put("input_ids", idTensor);
            inputs.put("attention_mask", maskTensor);
            inputs.put("logits_to_keep", keptTensor);
            try (OrtSession.Result result =
                    session.run(inputs, Set.of("logits", "next_token"), present)) {
                FloatBuffer logits = output(result, "logits").getFloatBuffer();
                LongBuffer next = output(result, "next_token").getLongBuffer();
                assertThat(next.limit()).isEqualTo(kept);
                assertThat(logits.limit()).isEqualTo(kept * VOCABULARY);
                List<float[]> rows = new ArrayList<>();
                for (int i = 0; i < kept; i++) {
                    float[] row = new float[VOCABULARY];
                    logits.get(i * VOCABULARY, row);
                    assertThat(next.get(i)).isEqualTo(best(row));
                    rows.add(row);
                }
                return rows;
            }
        }
    }

    private static OnnxTensor output(OrtSession.Result result, String name) {
        return (OnnxTensor) result.get(name).orElseThrow();
    }

    private OnnxTensor row(long[] values) throws OrtException {
        return OnnxTensor.createTensor(
                environment, LongBuffer.wrap(values), new long[] {1, values.length});
    }

    /** The lowest id of the highest value. */
    static int best(float[] logits) {
        int best = 0;
        for (int id = 1; id < logits.length; id++) {
            if (logits[id] > logits[best]) {
                best = id;
            }
        }
        return best;
    }

    @Override
    public void close() throws OrtException {
        session.close();
        past.values().forEach(OnnxTensor::close);
    }
}
