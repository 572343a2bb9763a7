package io.ralmspec.model;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The inputs and outputs of a language model's graph, checked.
 *
 * @param pastNames {@code past_key_values.N.key} and {@code .value}, layer by layer
 * @param presentNames {@code presentNames.get(i)} is {@code pastNames.get(i)} with the run's
 *     positions added
 * @param kvHeads heads that have keys and values of their own
 * @param headSize floats in one head's key or value
 * @param positionInput the graph wants {@code position_ids}
 * @param nextTokenOutput the graph computes the greedy token
 * @param keep the input that says how many last positions get scores, or null
 * @param lastOnly the graph declares scores of one position, the last
 * @param keyOutput the graph gives keys for KNN-LM, see {@link KeyOutput}
 */
record GraphShape(
        List<String> pastNames,
        List<String> presentNames,
        int kvHeads,
        int headSize,
        boolean positionInput,
        boolean nextTokenOutput,
        @Nullable KeepInput keep,
        boolean lastOnly,
        boolean keyOutput) {
    static final String IDS = "input_ids";
    static final String MASK = "attention_mask";
    static final String POSITIONS = "position_ids";
    static final String LOGITS = "logits";
    static final String NEXT_TOKEN = "next_token";

    private static final String PAST = "past_key_values.";

    /** Hugging Face's names, the newer one first. */
    private static final List<String> KEEP = List.of("logits_to_keep", "num_logits_to_keep");

    /**
     * An int64 input with one number: scores are wanted of so many last positions.
     *
     * @param dimensions none, or a single 1
     */
    record KeepInput(String name, List<Long> dimensions) {}

    /** Keys and values of one position, in bytes. */
    long kvBytesPerToken() {
        return (long) pastNames.size() * kvHeads * headSize * Float.BYTES;
    }

    static GraphShape of(OrtSession session, Path graph) throws OrtException {
        Map<String, NodeInfo> inputs = session.getInputInfo();
        Set<String> outputs = session.getOutputNames();
        int layers = (int) inputs.keySet().stream().filter(GraphShape::isPastKey).count();
        List<String> suffixes =
                IntStream.range(0, layers)
                        .boxed()
                        .flatMap(i -> Stream.of(i + ".key", i + ".value"))
                        .toList();
        List<String> past = suffixes.stream().map(PAST::concat).toList();
        List<String> present = suffixes.stream().map("present."::concat).toList();
        if (layers == 0) {
            throw unsupported(
                    graph,
                    "has no input past_key_values.0.key",
                    "export it with its keys and values (task text-generation-with-past)");
        }
        for (String input : inputs.keySet()) {
            if (!past.contains(input)
                    && !Set.of(IDS, MASK, POSITIONS).contains(input)
                    && !KEEP.contains(input)) {
                throw unsupported(
                        graph,
                        "has an input `%s`".formatted(input),
                        "only input_ids, attention_mask, position_ids, logits_to_keep and"
                                + " past_key_values.N.key/value are supported");
            }
        }
        for (String input : List.of(IDS, MASK)) {
            require(inputs.keySet(), input, "input", graph);
        }
        past.forEach(name -> require(inputs.keySet(), name, "input", graph));
        present.forEach(name -> require(outputs, name, "output", graph));
        require(outputs, LOGITS, "output", graph);
        TensorInfo key = tensor(inputs, past.getFirst());
        long[] dimensions = key.getShape();
        if (key.type != OnnxJavaType.FLOAT
                || dimensions.length != 4
                || dimensions[1] < 1
                || dimensions[3] < 1) {
            throw unsupported(
                    graph,
                    "has an input %s of type %s %s"
                            .formatted(past.getFirst(), key.type, Arrays.toString(dimensions)),
                    "keys and values must be float32 of shape [batch, heads, positions, size] with"
                            + " fixed heads and size");
        }
        return new GraphShape(
                past,
                present,
                Math.toIntExact(dimensions[1]),
                Math.toIntExact(dimensions[3]),
                inputs.containsKey(POSITIONS),
                outputs.contains(NEXT_TOKEN),
                keepInput(inputs, graph),
                lastOnly(session),
                outputs.contains(KeyOutput.NAME));
    }

    private static @Nullable KeepInput keepInput(Map<String, NodeInfo> inputs, Path graph) {
        List<String> names = KEEP.stream().filter(inputs::containsKey).toList();
        if (names.isEmpty()) {
            return null;
        }
        TensorInfo info = tensor(inputs, names.getFirst());
        List<Long> dimensions = Arrays.stream(info.getShape()).boxed().toList();
        if (names.size() > 1 || info.type != OnnxJavaType.INT64 || dimensions.size() > 1) {
            throw unsupported(
                    graph,
                    "has inputs %s of type %s %s".formatted(names, info.type, dimensions),
                    "one of them is supported, an int64 scalar or vector of one");
        }
        return new KeepInput(names.getFirst(), dimensions.isEmpty() ? List.of() : List.of(1L));
    }

    private static boolean lastOnly(OrtSession session) throws OrtException {
        long[] dimensions = tensor(session.getOutputInfo(), LOGITS).getShape();
        return dimensions.length == 3 && dimensions[1] == 1;
    }

    private static boolean isPastKey(String name) {
        return name.startsWith(PAST) && name.endsWith(".key");
    }

    private static TensorInfo tensor(Map<String, NodeInfo> nodes, String name) {
        return (TensorInfo) Objects.requireNonNull(nodes.get(name)).getInfo();
    }

    private static void require(Set<String> names, String name, String kind, Path graph) {
        if (!names.contains(name)) {
            throw unsupported(
                    graph,
                    "has no %s %s".formatted(kind, name),
                    "export it as Optimum does (task text-generation-with-past)");
        }
    }

    private static InvalidModelException unsupported(Path graph, String what, String remedy) {
        return new InvalidModelException("%s %s: %s".formatted(graph, what, remedy));
    }
}
