package io.ralmspec.model;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs several greedy tokens at once, with a {@link LoopGraph}. Owns the session, whose weights are
 * in the device's memory a second time.
 */
final class LoopSession implements AutoCloseable {
    private final OrtEnvironment environment = Sessions.environment();
    private final OrtSession session;
    private final GraphShape shape;
    private final long[] ends;
    private final Activity activity;

    private LoopSession(OrtSession session, GraphShape shape, long[] ends, Activity activity) {
        this.session = session;
        this.shape = shape;
        this.ends = ends;
        this.activity = activity;
    }

    /**
     * @param shape of the directory's graph
     * @param options with which that graph was opened
     * @throws InvalidModelException if the graph cannot be looped
     */
    static LoopSession open(
            ModelDirectory files,
            GraphShape shape,
            OrtSession.SessionOptions options,
            Activity activity) {
        Path directory = files.graph().toAbsolutePath().getParent();
        try {
            options.addConfigEntry(
                    "session.model_external_initializers_file_folder_path",
                    String.valueOf(directory));
            byte[] loop = LoopGraph.of(files.graph(), shape, files.sharedKv());
            // A token that there is not, where none ends the text: the graph wants at least one.
            long[] ends =
                    files.endTokens().isEmpty()
                            ? new long[] {-1}
                            : files.endTokens().stream().mapToLong(token -> token).toArray();
            OrtSession session = Sessions.environment().createSession(loop, options);
            return new LoopSession(session, shape, ends, activity);
        } catch (IOException e) {
            throw new InvalidModelException("%s cannot be read".formatted(files.graph()), e);
        } catch (OrtException | RuntimeException e) {
            throw Sessions.invalid(files.graph(), e);
        }
    }

    /** Whether the step is one that the loop can do, and worth it. */
    static boolean fits(GraphStep step) {
        return step.ahead() > 1
                && step.scored() == 1
                && step.count() >= GraphStep.LEAST
                && step.choice() == TokenChoice.GREEDY
                && step.keys() == null;
    }

    /**
     * The tokens that follow, up to {@code step.ahead()} or the first end token.
     *
     * @param kv past and present in one, with room for all but the last new token
     */
    int[] runInPlace(GraphStep step, List<TensorHandle> kv) {
        Map<String, OnnxTensor> present = new HashMap<>();
        for (int i = 0; i < kv.size(); i++) {
            present.put(LoopGraph.outer(shape.presentNames().get(i)), kv.get(i).tensor());
        }
        return run(
                step,
                kv,
                inputs -> {
                    Set<String> wanted = Set.of(LoopGraph.TOKENS);
                    try (OrtSession.Result result = session.run(inputs, wanted, present)) {
                        return tokens(output(result, LoopGraph.TOKENS), step);
                    }
                });
    }

    /**
     * As {@link #runInPlace}; keys and values of all positions but the last two, a new token and
     * the one before it, are added to {@code present}, which the caller closes.
     */
    int[] runGrowing(GraphStep step, List<TensorHandle> past, List<TensorHandle> present) {
        return run(
                step,
                past,
                inputs -> {
                    Set<String> wanted = new HashSet<>(Set.of(LoopGraph.TOKENS));
                    shape.presentNames().forEach(name -> wanted.add(LoopGraph.outer(name)));
                    // Not closed as a whole: the handles below outlive this run.
                    OrtSession.Result result = session.run(inputs, wanted);
                    for (String name : shape.presentNames()) {
                        OnnxTensor output = output(result, LoopGraph.outer(name));
                        present.add(new TensorHandle(output, activity));
                    }
                    try (OnnxTensor tokens = output(result, LoopGraph.TOKENS)) {
                        return tokens(tokens, step);
                    }
                });
    }

    private interface Run {
        int[] with(Map<String, OnnxTensor> inputs) throws OrtException;
    }

    private int[] run(GraphStep step, List<TensorHandle> past, Run run) {
        List<OnnxTensor> own = new ArrayList<>();
        try {
            Map<String, OnnxTensor> inputs = new HashMap<>();
            for (int i = 0; i < past.size(); i++) {
                inputs.put(LoopGraph.outer(shape.pastNames().get(i)), past.get(i).tensor());
            }
            long[] ids = new long[step.count()];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = step.tokens()[step.from() + i];
            }
            put(LoopGraph.IDS, ids, inputs, own, 1, ids.length);
            put(LoopGraph.TURNS, new long[] {step.ahead()}, inputs, own);
            put(LoopGraph.TOTAL, new long[] {step.to()}, inputs, own);
            put(LoopGraph.ENDS, ends, inputs, own, ends.length);
            activity.runs.increment();
            return run.with(inputs);
        } catch (OrtException e) {
            throw new ModelRunException(
                    "running %d tokens after %d, and up to %d more, failed: %s"
                            .formatted(step.count(), step.from(), step.ahead(), e.getMessage()),
                    e);
        } finally {
            own.forEach(OnnxTensor::close);
        }
    }

    private int[] tokens(OnnxTensor output, GraphStep step) {
        LongBuffer generated = output.getLongBuffer();
        int[] tokens = new int[generated.limit()];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = Math.toIntExact(generated.get(i));
        }
        activity.runTokens.add(step.count() + (long) GraphStep.LEAST * (tokens.length - 1));
        return tokens;
    }

    private static OnnxTensor output(OrtSession.Result result, String name) {
        return (OnnxTensor) result.get(name).orElseThrow();
    }

    private void put(
            String name,
            long[] values,
            Map<String, OnnxTensor> inputs,
            List<OnnxTensor> own,
            long... dimensions)
            throws OrtException {
        OnnxTensor tensor =
                OnnxTensor.createTensor(environment, LongBuffer.wrap(values), dimensions);
        own.add(tensor);
        inputs.put(name, tensor);
    }

    @Override
    public void close() {
        Sessions.close(session);
    }
}
