package io.ralmspec.model;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Runs steps of several sequences at once, with a {@link RaggedGraph}. Owns the session, whose
 * weights are in memory a second time, and a little memory for slots without a sequence.
 */
final class RaggedSession implements AutoCloseable {
    /** Positions of a slot without a sequence, and what it runs: as few as can be. */
    private static final int IDLE = GraphStep.LEAST;

    private static final int IDLE_CAPACITY = 64;

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final GraphShape shape;
    private final Activity activity;
    private final List<List<TensorHandle>> idle = new ArrayList<>();
    private final List<List<String>> pastNames;
    private final List<List<String>> presentNames;

    private RaggedSession(OrtSession session, CausalGraph graph, int slots, Activity activity) {
        this.environment = Sessions.environment();
        this.session = session;
        this.shape = graph.shape();
        this.activity = activity;
        pastNames = perSlot(shape.pastNames(), slots);
        presentNames = perSlot(shape.presentNames(), slots);
        for (int slot = 0; slot < slots; slot++) {
            KvMemory memory = new KvMemory(shape, IDLE_CAPACITY);
            idle.add(
                    IntStream.range(0, memory.count())
                            .mapToObj(i -> graph.wrap(memory.buffer(i), memory.capacity()))
                            .toList());
        }
    }

    private static List<List<String>> perSlot(List<String> names, int slots) {
        return IntStream.range(0, slots)
                .mapToObj(slot -> names.stream().map(n -> RaggedGraph.slot(n, slot)).toList())
                .toList();
    }

    /**
     * @param slots sequences per run, at least 2
     * @param graph of the file, for one sequence
     * @throws InvalidModelException if sequences cannot share a run of this graph
     */
    static RaggedSession open(
            Path file, CausalGraph graph, int slots, int threads, Activity activity) {
        Path directory = file.toAbsolutePath().getParent();
        OrtSession session = null;
        try (OrtSession.SessionOptions options = Sessions.cpu(threads)) {
            options.addConfigEntry(
                    "session.model_external_initializers_file_folder_path",
                    String.valueOf(directory));
            byte[] ragged = RaggedGraph.of(file, graph.shape(), slots);
            session = Sessions.environment().createSession(ragged, options);
            return new RaggedSession(session, graph, slots, activity);
        } catch (IOException e) {
            throw new InvalidModelException("%s cannot be read".formatted(file), e);
        } catch (OrtException | RuntimeException e) {
            Sessions.close(session);
            throw Sessions.invalid(file, e);
        }
    }

    int slots() {
        return idle.size();
    }

    /** One sequence's part of a run: an even number of tokens, and where its past is. */
    record Part(GraphStep step, List<TensorHandle> kv) {}

    /**
     * Runs the parts, at most {@link #slots()} of different sequences.
     *
     * @return for each part, what {@link CausalGraph} gives for it alone
     */
    List<int[]> run(List<Part> parts) {
        List<OnnxTensor> own = new ArrayList<>();
        try {
            Map<String, OnnxTensor> inputs = new HashMap<>();
            Map<String, OnnxTensor> present = new HashMap<>();
            addRows(parts, inputs, own);
            for (int slot = 0; slot < slots(); slot++) {
                boolean used = slot < parts.size();
                List<TensorHandle> kv = used ? parts.get(slot).kv() : idle.get(slot);
                for (int i = 0; i < kv.size(); i++) {
                    OnnxTensor tensor = kv.get(i).tensor();
                    inputs.put(pastNames.get(slot).get(i), tensor);
                    present.put(presentNames.get(slot).get(i), tensor);
                }
                int total = used ? parts.get(slot).step().to() : IDLE;
                put(RaggedGraph.pastLength(slot), numbers(total - 1), inputs, own);
                put(RaggedGraph.totalLength(slot), numbers(total), inputs, own);
            }
            activity.runs.increment();
            activity.sharedRuns.increment();
            boolean greedy =
                    shape.nextTokenOutput()
                            && parts.stream()
                                    .allMatch(p -> p.step().choice() == TokenChoice.GREEDY);
            String wanted = greedy ? GraphShape.NEXT_TOKEN : GraphShape.LOGITS;
            try (OrtSession.Result result = session.run(inputs, Set.of(wanted), present)) {
                OnnxTensor output = (OnnxTensor) result.get(wanted).orElseThrow();
                return chosen(parts, output, greedy);
            }
        } catch (OrtException e) {
            throw new ModelRunException(
                    "running %d sequences at once failed: %s"
                            .formatted(parts.size(), e.getMessage()),
                    e);
        } finally {
            own.forEach(OnnxTensor::close);
        }
    }

    private void addRows(List<Part> parts, Map<String, OnnxTensor> inputs, List<OnnxTensor> own)
            throws OrtException {
        int rows = (slots() - parts.size()) * IDLE;
        int scored = 0;
        for (Part part : parts) {
            rows += part.step().count();
            scored += scored(part.step());
            activity.runTokens.add(part.step().count());
        }
        LongBuffer ids = LongBuffer.allocate(rows);
        LongBuffer positions = LongBuffer.allocate(rows);
        LongBuffer scoredRows = LongBuffer.allocate(scored);
        long[] lengths = new long[slots()];
        for (int slot = 0; slot < slots(); slot++) {
            GraphStep step = slot < parts.size() ? parts.get(slot).step() : null;
            int from = step == null ? 0 : step.from();
            int to = step == null ? IDLE : step.to();
            lengths[slot] = to - from;
            for (int i = from; i < to; i++) {
                if (step != null && i >= to - scored(step)) {
                    scoredRows.put(ids.position());
                }
                ids.put(step == null ? 0 : step.tokens()[i]);
                positions.put(i);
            }
        }
        put(GraphShape.IDS, numbers(ids.flip(), 1, rows), inputs, own);
        put(RaggedGraph.LENGTHS, numbers(LongBuffer.wrap(lengths), slots()), inputs, own);
        if (shape.positionInput()) {
            put(GraphShape.POSITIONS, numbers(positions.flip(), 1, rows), inputs, own);
        }
        if (shape.keep() != null) {
            put(RaggedGraph.SCORED, numbers(scoredRows.flip(), scored), inputs, own);
        }
    }

    /** How many of a step's last rows get scores: an even number, as alone. */
    private static int scored(GraphStep step) {
        return Math.min(step.count(), Math.max(2, step.scored() + step.scored() % 2));
    }

    private List<int[]> chosen(List<Part> parts, OnnxTensor output, boolean greedy) {
        LongBuffer tokens = greedy ? output.getLongBuffer() : null;
        FloatBuffer logits = greedy ? null : output.getFloatBuffer();
        long[] dimensions = output.getInfo().getShape();
        int vocabulary = Math.toIntExact(dimensions[dimensions.length - 1]);
        List<int[]> chosen = new ArrayList<>();
        int end = 0;
        for (Part part : parts) {
            GraphStep step = part.step();
            int rows = shape.keep() == null ? step.count() : scored(step);
            int first = end;
            chosen.add(
                    CausalGraph.follow(
                            step,
                            rows,
                            (row, position) ->
                                    choose(
                                            tokens,
                                            logits,
                                            vocabulary,
                                            first + row,
                                            step,
                                            position)));
            end += rows;
        }
        return chosen;
    }

    private static int choose(
            @Nullable LongBuffer tokens,
            @Nullable FloatBuffer logits,
            int vocabulary,
            int row,
            GraphStep step,
            int position) {
        if (tokens != null) {
            return Math.toIntExact(tokens.get(row));
        }
        if (logits == null) {
            throw new IllegalStateException("a run gives tokens or scores");
        }
        return step.choice().choose(logits.slice(row * vocabulary, vocabulary), position);
    }

    private static void put(
            String name, OnnxTensor tensor, Map<String, OnnxTensor> inputs, List<OnnxTensor> own) {
        own.add(tensor);
        inputs.put(name, tensor);
    }

    private OnnxTensor numbers(LongBuffer values, long... dimensions) throws OrtException {
        return OnnxTensor.createTensor(environment, values, dimensions);
    }

    private OnnxTensor numbers(int value) throws OrtException {
        return OnnxTensor.createTensor(
                environment, IntBuffer.wrap(new int[] {value}), new long[] {1});
    }

    @Override
    public void close() {
        idle.forEach(tensors -> tensors.forEach(TensorHandle::close));
        Sessions.close(session);
    }
}
