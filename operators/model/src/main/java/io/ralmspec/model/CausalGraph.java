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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a language model's graph on tokens. Owns the session; knows nothing of what is kept.
 *
 * <p>Where the graph lets the caller say how many positions get scores, it is always told an even
 * number, two or more: a matrix product of one row may round differently from one of several.
 */
final class CausalGraph implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CausalGraph.class);

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final GraphShape shape;
    private final Activity activity;
    private final @Nullable LoopSession loop;

    /** Until the loop fails for the first time. */
    private boolean looping;

    /** Known at once, or after the first run of several tokens. */
    private boolean lastOnly;

    /**
     * @param loop the same graph for several tokens per run, which this closes; or null
     */
    CausalGraph(
            OrtEnvironment environment,
            OrtSession session,
            GraphShape shape,
            Activity activity,
            @Nullable LoopSession loop) {
        this.loop = loop;
        this.looping = loop != null;
        this.environment = environment;
        this.session = session;
        this.shape = shape;
        this.activity = activity;
        lastOnly = shape.lastOnly() && shape.keep() == null;
    }

    GraphShape shape() {
        return shape;
    }

    /** Whether drafts are useless, because the graph gives scores of the last position only. */
    boolean lastOnly() {
        return lastOnly;
    }

    /** Whether several tokens may be generated per run. */
    boolean loops() {
        return looping;
    }

    /** How many tokens a run of the step gives at most: more than one only with a loop. */
    int most(GraphStep step) {
        return looping && LoopSession.fits(step) ? step.ahead() : 1;
    }

    /** A device may open a loop that it then cannot run. Who asks again gets single runs. */
    private int[] looped(Supplier<int[]> run) {
        try {
            return run.get();
        } catch (RuntimeException e) {
            looping = false;
            LOG.warn("Every token takes a run of its own from now on: {}", e.getMessage());
            throw e;
        }
    }

    /**
     * The tokens that follow; keys and values are written to {@code kv}, which are the past too.
     *
     * @param kv as many as {@link GraphShape#pastNames()}, in that order
     * @return what {@link #chosen} says, or up to {@link #most} tokens
     */
    int[] runInPlace(GraphStep step, List<TensorHandle> kv) {
        if (loop != null && most(step) > 1) {
            return looped(() -> loop.runInPlace(step, kv));
        }
        Map<String, OnnxTensor> past = named(shape.pastNames(), kv);
        Map<String, OnnxTensor> present = named(shape.presentNames(), kv);
        return run(
                step,
                past,
                inputs -> {
                    Set<String> wanted = wanted(step);
                    try (OrtSession.Result result = session.run(inputs, wanted, present)) {
                        giveKeys(result, step);
                        return chosen(result, step);
                    }
                });
    }

    /**
     * The tokens that follow; new keys and values are added to {@code present}, which the caller
     * closes.
     *
     * @return what {@link #chosen} says, or up to {@link #most} tokens, as {@link LoopSession} does
     */
    int[] runGrowing(GraphStep step, List<TensorHandle> past, List<TensorHandle> present) {
        if (loop != null && most(step) > 1) {
            return looped(() -> loop.runGrowing(step, past, present));
        }
        return run(
                step,
                named(shape.pastNames(), past),
                inputs -> {
                    Set<String> wanted = wanted(step);
                    Set<String> outputs = new HashSet<>(shape.presentNames());
                    outputs.addAll(wanted);
                    // Not closed as a whole: the handles below outlive this run.
                    OrtSession.Result result = session.run(inputs, outputs);
                    for (String name : shape.presentNames()) {
                        present.add(new TensorHandle(output(result, name), activity));
                    }
                    try {
                        giveKeys(result, step);
                        return chosen(result, step);
                    } finally {
                        wanted.forEach(name -> output(result, name).close());
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
        int[] with(Map<String, OnnxTensor> inputs) throws OrtException;
    }

    private int[] run(GraphStep step, Map<String, OnnxTensor> past, Run run) {
        Map<String, OnnxTensor> inputs = new HashMap<>(past);
        Map<String, OnnxTensor> own = new HashMap<>();
        try {
            addOwn(step, own);
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

    private void addOwn(GraphStep step, Map<String, OnnxTensor> inputs) throws OrtException {
        long[] ids = new long[step.count()];
        long[] positions = new long[step.count()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = step.tokens()[step.from() + i];
            positions[i] = step.from() + i;
        }
        long[] mask = new long[step.to()];
        Arrays.fill(mask, 1);
        inputs.put(GraphShape.IDS, tensor(ids, 1, ids.length));
        inputs.put(GraphShape.MASK, tensor(mask, 1, mask.length));
        if (shape.positionInput()) {
            inputs.put(GraphShape.POSITIONS, tensor(positions, 1, positions.length));
        }
        GraphShape.KeepInput keep = shape.keep();
        if (keep != null) {
            long even = Math.max(2, step.scored() + step.scored() % 2);
            long[] rows = {Math.min(step.count(), even)};
            long[] dimensions = keep.dimensions().stream().mapToLong(d -> d).toArray();
            inputs.put(keep.name(), tensor(rows, dimensions));
        }
    }

    private OnnxTensor tensor(long[] values, long... dimensions) throws OrtException {
        return OnnxTensor.createTensor(environment, LongBuffer.wrap(values), dimensions);
    }

    /** The outputs that the step needs besides keys and values. */
    private Set<String> wanted(GraphStep step) {
        Set<String> names = new HashSet<>();
        if (step.scored() > 0) {
            names.add(greedyInGraph(step) ? GraphShape.NEXT_TOKEN : GraphShape.LOGITS);
        }
        if (step.keys() != null) {
            names.add(KeyOutput.NAME);
        }
        return names;
    }

    private static void giveKeys(OrtSession.Result result, GraphStep step) {
        GraphStep.KeyRows keys = step.keys();
        if (keys != null) {
            FloatBuffer rows = output(result, KeyOutput.NAME).getFloatBuffer();
            keys.accept(step.from(), step.count(), rows);
        }
    }

    private boolean greedyInGraph(GraphStep step) {
        return shape.nextTokenOutput() && step.choice() == TokenChoice.GREEDY;
    }

    /**
     * The token after the first scored position and, as long as the draft has what was chosen, the
     * one after that. So all but the last are in the draft. Nothing if nothing is scored, or if the
     * graph gives scores of the last position only and there is a draft.
     */
    private int[] chosen(OrtSession.Result result, GraphStep step) throws OrtException {
        if (step.scored() == 0) {
            return new int[0];
        }
        if (greedyInGraph(step)) {
            LongBuffer tokens = output(result, GraphShape.NEXT_TOKEN).getLongBuffer();
            return accepted(
                    step, tokens.limit(), (row, position) -> Math.toIntExact(tokens.get(row)));
        }
        OnnxTensor output = output(result, GraphShape.LOGITS);
        long[] dimensions = output.getInfo().getShape();
        int vocabulary = Math.toIntExact(dimensions[dimensions.length - 1]);
        FloatBuffer logits = output.getFloatBuffer();
        return accepted(
                step,
                logits.limit() / vocabulary,
                (row, position) ->
                        step.choice().choose(logits.slice(row * vocabulary, vocabulary), position));
    }

    /** The token that follows a row. */
    @FunctionalInterface
    interface RowChoice {
        int choose(int row, int position);
    }

    private int[] accepted(GraphStep step, int rows, RowChoice choice) {
        lastOnly = lastOnly || rows == 1 && step.count() > 1;
        return rows < step.scored() ? new int[0] : follow(step, rows, choice);
    }

    /**
     * @param rows positions that have scores, the last of the step, at least {@code scored}
     */
    static int[] follow(GraphStep step, int rows, RowChoice choice) {
        int[] chosen = new int[step.scored()];
        int draft = step.to() - step.scored() + 1;
        int count = 0;
        do {
            int row = rows - step.scored() + count;
            chosen[count] = choice.choose(row, step.position() + count);
        } while (++count < step.scored() && chosen[count - 1] == step.tokens()[draft + count - 1]);
        return Arrays.copyOf(chosen, count);
    }

    private static OnnxTensor output(OrtSession.Result result, String name) {
        OnnxValue value = result.get(name).orElseThrow();
        return (OnnxTensor) value;
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
        if (loop != null) {
            loop.close();
        }
        Sessions.close(session);
    }
}
