package io.ralmspec.model;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Runs a language model's graph on tokens. Owns the session; knows nothing of what is kept. */
final class CausalGraph implements AutoCloseable {
    private final OrtEnvironment environment;
    private final OrtSession session;
    private final GraphShape shape;
    private final Activity activity;

    CausalGraph(
            OrtEnvironment environment, OrtSession session, GraphShape shape, Activity activity) {
        this.environment = environment;
        this.session = session;
        this.shape = shape;
        this.activity = activity;
    }

    GraphShape shape() {
        return shape;
    }

    /**
     * What to run: {@code tokens[from]} to {@code tokens[to - 1]}, after {@code from} positions
     * whose keys and values are given.
     *
     * @param choice picks the token that follows
     * @param position what {@code choice} is told
     */
    record Step(int[] tokens, int from, int to, TokenChoice choice, int position) {
        int count() {
            return to - from;
        }
    }

    /**
     * The token that follows; keys and values are written to {@code kv}, which are the past too.
     *
     * @param kv as many as {@link GraphShape#pastNames()}, in that order
     */
    int runInPlace(Step step, List<TensorHandle> kv) {
        Map<String, OnnxTensor> past = named(shape.pastNames(), kv);
        Map<String, OnnxTensor> present = named(shape.presentNames(), kv);
        return run(
                step,
                past,
                inputs -> {
                    String wanted = scores(step);
                    try (OrtSession.Result result = session.run(inputs, Set.of(wanted), present)) {
                        return next((OnnxTensor) result.get(wanted).orElseThrow(), step);
                    }
                });
    }

    /**
     * The token that follows; new keys and values are added to {@code present}, which the caller
     * closes.
     */
    int runGrowing(Step step, List<TensorHandle> past, List<TensorHandle> present) {
        return run(
                step,
                named(shape.pastNames(), past),
                inputs -> {
                    String wanted = scores(step);
                    Set<String> outputs = new HashSet<>(shape.presentNames());
                    outputs.add(wanted);
                    // Not closed as a whole: the handles below outlive this run.
                    OrtSession.Result result = session.run(inputs, outputs);
                    for (String name : shape.presentNames()) {
                        OnnxValue value = result.get(name).orElseThrow();
                        present.add(new TensorHandle((OnnxTensor) value, activity));
                    }
                    try (OnnxTensor scores = (OnnxTensor) result.get(wanted).orElseThrow()) {
                        return next(scores, step);
                    }
                });
    }

    /** A tensor over direct memory, which it does not copy. */
    TensorHandle wrap(FloatBuffer memory, int positions) {
        long[] dimensions = {1, shape.kvHeads(), positions, shape.headSize()};
        try {
            return new TensorHandle(
                    OnnxTensor.createTensor(environment, memory, dimensions), activity);
        } catch (OrtException e) {
            throw new ModelRunException(
                    "no tensor for %d positions of keys and values: %s"
                            .formatted(positions, e.getMessage()),
                    e);
        }
    }

    private interface Run {
        int with(Map<String, OnnxTensor> inputs) throws OrtException;
    }

    private int run(Step step, Map<String, OnnxTensor> past, Run run) {
        Map<String, OnnxTensor> inputs = new HashMap<>(past);
        Map<String, OnnxTensor> own = new HashMap<>();
        try {
            long[] ids = new long[step.count()];
            long[] positions = new long[step.count()];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = step.tokens()[step.from() + i];
                positions[i] = step.from() + i;
            }
            long[] mask = new long[step.to()];
            Arrays.fill(mask, 1);
            own.put(GraphShape.IDS, row(ids));
            own.put(GraphShape.MASK, row(mask));
            if (shape.positionInput()) {
                own.put(GraphShape.POSITIONS, row(positions));
            }
            inputs.putAll(own);
            activity.runs.increment();
            activity.runTokens.add(step.count());
            return run.with(inputs);
        } catch (OrtException e) {
            throw new ModelRunException(
                    "running %d tokens after %d failed: %s"
                            .formatted(step.count(), step.from(), e.getMessage()),
                    e);
        } finally {
            own.values().forEach(OnnxTensor::close);
        }
    }

    private OnnxTensor row(long[] values) throws OrtException {
        return OnnxTensor.createTensor(
                environment, LongBuffer.wrap(values), new long[] {1, values.length});
    }

    private String scores(Step step) {
        return shape.nextTokenOutput() && step.choice() == TokenChoice.GREEDY
                ? GraphShape.NEXT_TOKEN
                : GraphShape.LOGITS;
    }

    /** Reads the last position; a graph may give all of them. */
    private int next(OnnxTensor output, Step step) {
        if (scores(step).equals(GraphShape.NEXT_TOKEN)) {
            LongBuffer tokens = output.getLongBuffer();
            return Math.toIntExact(tokens.get(tokens.limit() - 1));
        }
        FloatBuffer logits = output.getFloatBuffer();
        long[] dimensions = output.getInfo().getShape();
        int vocabulary = Math.toIntExact(dimensions[dimensions.length - 1]);
        return step.choice()
                .choose(logits.slice(logits.limit() - vocabulary, vocabulary), step.position());
    }

    private static Map<String, OnnxTensor> named(List<String> names, List<TensorHandle> handles) {
        Map<String, OnnxTensor> named = new HashMap<>();
        for (int i = 0; i < names.size(); i++) {
            named.put(names.get(i), handles.get(i).tensor());
        }
        return named;
    }

    @Override
    public void close() {
        Sessions.close(session);
    }
}
