package io.ralmspec.model;

import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.knnlm.KeyEncoder;
import io.ralmspec.decoding.knnlm.KeyedLanguageModel;
import io.ralmspec.decoding.knnlm.TokenState;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * A causal language model on ONNX Runtime that shows its state, for KNN-LM. Its graph must have the
 * output that {@link KeyOutput} adds. It keeps the keys and values of sequences between calls,
 * within a bound, and goes back by itself where a sequence's tokens differ from before. With
 * GroupQueryAttention a state is the same to the bit whatever was kept; with growing keys and
 * values that was measured, not proven.
 *
 * <p>One thread at a time. Owns the session, the tokenizer and all memory outside the heap.
 */
public final class OnnxKeyedLanguageModel implements KeyedLanguageModel, KeyEncoder {
    private final CausalModel model;
    private final ModelProfile profile;
    private final int[] begin;
    private final KvCache<String, Sequence> sequences;
    private final Supplier<SequenceKv> newKv;
    private final String fingerprint;
    private final int dimension;
    private final OneThread oneThread = new OneThread();

    private OnnxKeyedLanguageModel(CausalModel model, ModelOptions options) {
        if (!model.graph().shape().keyOutput()) {
            throw new InvalidModelException(
                    "%s has no output %s, which KNN-LM needs: add it with `ralmspec key-output --model %s`"
                            .formatted(
                                    model.files().graph(),
                                    KeyOutput.NAME,
                                    model.files().graph().toAbsolutePath().getParent()));
        }
        this.model = model;
        begin = model.begin();
        profile =
                new ModelProfile(
                        model.files().contextLength(),
                        Math.max(1, begin.length),
                        model.files().endTokens());
        sequences = new KvCache<>(options.sequenceKvBytes());
        newKv = model.newKv(options.sequenceKvBytes());
        fingerprint = ModelFingerprint.of(model.files());
        dimension = keys(new int[1])[0].length;
    }

    /**
     * @param directory as {@link OnnxLanguageModel#open} says
     * @param options nothing is kept for documents
     * @throws InvalidModelException if the directory or the graph cannot be used
     */
    public static OnnxKeyedLanguageModel open(Path directory, ModelOptions options) {
        CausalModel model = CausalModel.open(directory, options);
        try {
            return new OnnxKeyedLanguageModel(model, options);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    @Override
    public ModelProfile profile() {
        return profile;
    }

    /** Of the same directory; open as long as the model. */
    public FileTokenizer tokenizer() {
        return model.tokenizer();
    }

    /** May be called by any thread. */
    public KvCounters counters() {
        return model.activity().counters();
    }

    @Override
    public int dimension() {
        return dimension;
    }

    @Override
    public int windowTokens() {
        return profile.contextLength() - begin.length;
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }

    /**
     * @throws IllegalArgumentException if there are no tokens or too many
     * @throws ModelRunException if ONNX Runtime fails; the call may be repeated
     */
    @Override
    public TokenState state(String sequence, int[] tokens) {
        int[] all = withBegin(tokens);
        oneThread.enter();
        try {
            Sequence kept = sequences.get(sequence);
            if (kept == null) {
                kept = new Sequence(newKv.get());
                sequences.put(sequence, kept);
            }
            LastState last = new LastState(all.length - 1);
            int start = kept.rewind(all, all.length, 1);
            kept.run(new GraphStep(all, start, all.length, 1, last::choose, 0, last::keys, 1));
            return new TokenState(last.key, last.logProbabilities);
        } catch (RuntimeException e) {
            // What an interrupted run left behind is not known.
            sequences.remove(sequence);
            throw e;
        } finally {
            sequences.trim();
            oneThread.leave();
        }
    }

    /** What a run says of its last position. */
    private static final class LastState {
        private final int position;
        private float[] key = {};
        private float[] logProbabilities = {};

        LastState(int position) {
            this.position = position;
        }

        int choose(FloatBuffer scores, int unused) {
            logProbabilities = LogProbabilities.of(scores);
            return 0;
        }

        void keys(int from, int count, FloatBuffer rows) {
            if (from + count > position) {
                int size = rows.limit() / count;
                key = new float[size];
                rows.get((position - from) * size, key);
            }
        }
    }

    /**
     * In one run, or two where an odd number of tokens asks for it. Batches of windows would gain
     * nothing: on a CPU a run of so many tokens takes as long as its arithmetic.
     */
    @Override
    public float[][] keys(int[] window) {
        int[] all = withBegin(window);
        float[][] keys = new float[window.length][];
        oneThread.enter();
        try (SequenceKv kv = newKv.get()) {
            kv.run(
                    new GraphStep(
                            all,
                            0,
                            all.length,
                            0,
                            TokenChoice.GREEDY,
                            0,
                            (from, count, rows) -> copy(from, count, rows, keys),
                            1));
            return keys;
        } finally {
            oneThread.leave();
        }
    }

    private void copy(int from, int count, FloatBuffer rows, float[][] keys) {
        int size = rows.limit() / count;
        for (int i = Math.max(0, begin.length - from); i < count; i++) {
            float[] key = new float[size];
            rows.get(i * size, key);
            keys[from + i - begin.length] = key;
        }
    }

    private int[] withBegin(int[] tokens) {
        if (tokens.length < 1 || tokens.length > windowTokens()) {
            throw new IllegalArgumentException(
                    "`tokens` must be in [1, %d] (got %d)"
                            .formatted(windowTokens(), tokens.length));
        }
        int[] all = Arrays.copyOf(begin, begin.length + tokens.length);
        System.arraycopy(tokens, 0, all, begin.length, tokens.length);
        return all;
    }

    @Override
    public void release(String sequence) {
        oneThread.enter();
        try {
            sequences.remove(sequence);
        } finally {
            oneThread.leave();
        }
    }

    @Override
    public void close() {
        oneThread.close(
                () -> {
                    sequences.close();
                    model.close();
                });
    }
}
