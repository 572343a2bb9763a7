package io.ralmspec.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Rewrites a language model's graph so that one run serves several sequences, each with its own
 * number of new tokens and of past positions, and gives every one the bits that it gets alone.
 *
 * <p>Products with weights, which a run spends its time on, work row by row, and a row's result
 * does not depend on the rows beside it. So the new tokens of all sequences are put one after the
 * other, as if they were one. Only attention looks at other positions: there the rows are split,
 * each sequence passes a GroupQueryAttention node of its own, with its own keys and values, and
 * what comes out is joined again.
 *
 * <pre>
 *   rows of all ── products ──┬─ attention 0 ─┬── products ── ... ── scores of the rows asked for
 *                             ├─ attention 1 ─┤
 *                             └─ attention 2 ─┘
 * </pre>
 *
 * <p>Graphs with any other operator that might look at several rows are refused.
 */
final class RaggedGraph {
    /** New tokens per sequence. */
    static final String LENGTHS = "slot_lengths";

    /** The rows whose scores are wanted, among those of all sequences. */
    static final String SCORED = "scored_rows";

    private static final int FLOAT = 1;
    private static final int INT32 = 6;
    private static final int INT64 = 7;
    private static final long ROWS_AXIS = 1;

    private static final String ATTENTION = "GroupQueryAttention";

    /** Attention's inputs: query, key, value; past key, past value; lengths; the rest constants. */
    private static final int PAST = 3;

    private static final int LENGTH = 5;

    /** First input has rows, the others are weights. */
    private static final Set<String> PRODUCTS = Set.of("MatMul", "Gemm");

    /** Every row by itself. */
    private static final Set<String> ROW_BY_ROW =
            Set.of(
                    "Add",
                    "Sub",
                    "Mul",
                    "Div",
                    "Pow",
                    "Sqrt",
                    "Erf",
                    "Sigmoid",
                    "Tanh",
                    "Relu",
                    "Gelu",
                    "FastGelu",
                    "QuickGelu",
                    "BiasGelu",
                    "Identity",
                    "Cast",
                    "LayerNormalization",
                    "SimplifiedLayerNormalization",
                    "RMSNormalization",
                    "SkipLayerNormalization",
                    "SkipSimplifiedLayerNormalization");

    private final GraphParts parts;
    private final GraphShape shape;
    private final int slots;
    private final Set<String> constants = new HashSet<>();
    private final Set<String> rows = new HashSet<>();
    private final List<GraphParts.Node> nodes = new ArrayList<>();

    private RaggedGraph(GraphParts parts, GraphShape shape, int slots) {
        this.parts = parts;
        this.shape = shape;
        this.slots = slots;
        constants.addAll(parts.constants().keySet());
        constants.add("");
        rows.addAll(Set.of(GraphShape.IDS, GraphShape.POSITIONS));
    }

    /**
     * The graph for so many sequences, as an ONNX file whose weights are read from the files of the
     * given one. Of what belongs to one sequence, names end with {@link #slot}.
     *
     * @throws InvalidModelException if the graph is not known to work row by row
     */
    static byte[] of(Path graph, GraphShape shape, int slots) throws IOException {
        return new RaggedGraph(GraphParts.read(graph), shape, slots).rewritten();
    }

    /** The name of what belongs to a sequence. */
    static String slot(String name, int slot) {
        return name + "." + slot;
    }

    static String pastLength(int slot) {
        return slot("past_length", slot);
    }

    static String totalLength(int slot) {
        return slot("total_length", slot);
    }

    private byte[] rewritten() {
        if (shape.lastOnly() && shape.keep() == null) {
            throw refused("gives scores of the last position only");
        }
        parts.nodes().forEach(this::rewrite);
        if (!rows.contains(GraphShape.LOGITS)) {
            throw refused("computes its scores in another way");
        }
        Map<String, byte[]> inputs = new LinkedHashMap<>();
        Map<String, byte[]> outputs = new LinkedHashMap<>();
        Set<String> wanted = new HashSet<>();
        for (String name : List.of(GraphShape.LOGITS, GraphShape.NEXT_TOKEN)) {
            if (rows.contains(name)) {
                outputs.put(name, parts.outputs().get(name));
                wanted.add(name);
            }
        }
        for (int slot = 0; slot < slots; slot++) {
            for (String present : shape.presentNames()) {
                String name = slot(present, slot);
                outputs.put(name, GraphParts.value(false, name, FLOAT, dimensions(name)));
                wanted.add(name);
            }
        }
        List<GraphParts.Node> used = used(wanted);
        Map<String, byte[]> needed = new HashMap<>(parts.constants());
        needed.keySet().retainAll(wanted);
        for (String name : List.of(GraphShape.IDS, GraphShape.POSITIONS)) {
            if (wanted.contains(name)) {
                inputs.put(name, parts.inputs().get(name));
            }
        }
        addInputs(inputs, wanted.contains(SCORED));
        return new GraphParts(parts.header(), used, needed, inputs, outputs).encoded();
    }

    private void addInputs(Map<String, byte[]> inputs, boolean scored) {
        inputs.put(LENGTHS, GraphParts.value(true, LENGTHS, INT64, List.of(slots)));
        if (scored) {
            inputs.put(SCORED, GraphParts.value(true, SCORED, INT64, List.of("scored")));
        }
        for (int slot = 0; slot < slots; slot++) {
            String past = pastLength(slot);
            String total = totalLength(slot);
            inputs.put(past, GraphParts.value(true, past, INT32, List.of(1)));
            inputs.put(total, GraphParts.value(true, total, INT32, List.of(1)));
            for (String each : shape.pastNames()) {
                String name = slot(each, slot);
                inputs.put(name, GraphParts.value(true, name, FLOAT, dimensions(name)));
            }
        }
    }

    private List<Object> dimensions(String name) {
        return List.of(1, shape.kvHeads(), name + ".capacity", shape.headSize());
    }

    /** What the wanted values take, all of whose names are added to them. */
    private List<GraphParts.Node> used(Set<String> wanted) {
        List<GraphParts.Node> used = new ArrayList<>();
        for (GraphParts.Node node : nodes.reversed()) {
            if (!Collections.disjoint(wanted, node.outputs())) {
                used.add(node);
                wanted.addAll(node.inputs());
            }
        }
        return used.reversed();
    }

    private void rewrite(GraphParts.Node node) {
        List<String> inputs = node.inputs();
        if (constants.containsAll(inputs) && !node.nested()) {
            constants.addAll(node.outputs());
            nodes.add(node);
        } else if (node.operator().equals(ATTENTION)) {
            rows.add(node.outputs().getFirst());
            addAttention(node);
        } else if (rows.stream().anyMatch(inputs::contains)) {
            addRows(node);
        }
        // What is left computes lengths from the attention mask, which are given here.
    }

    private void addRows(GraphParts.Node node) {
        List<String> inputs = node.inputs();
        List<String> others = inputs.subList(1, inputs.size());
        String operator = node.operator();
        boolean allowed =
                switch (operator) {
                    case "Gather" -> constants.contains(inputs.getFirst());
                    case "ArgMax" -> node.outputs().contains(GraphShape.NEXT_TOKEN);
                    case "Slice", "Flatten" -> true;
                    default ->
                            PRODUCTS.contains(operator)
                                    ? rows.contains(inputs.getFirst())
                                            && constants.containsAll(others)
                                    : ROW_BY_ROW.contains(operator)
                                            && inputs.stream().allMatch(this::known);
                };
        if (!allowed || node.nested()) {
            throw refused("has an operator %s that may look at several rows".formatted(operator));
        }
        if (operator.equals("Flatten")) {
            return; // the keys for KNN-LM, which are not wanted here
        }
        if (operator.equals("Slice")) {
            addScored(node);
        } else {
            nodes.add(node);
        }
        rows.addAll(node.outputs());
    }

    private boolean known(String value) {
        return rows.contains(value) || constants.contains(value);
    }

    /** The last rows, as many as a running number says: here those that are asked for. */
    private void addScored(GraphParts.Node slice) {
        if (shape.keep() == null || known(slice.inputs().get(1))) {
            throw refused("has an operator Slice that may look at several rows");
        }
        nodes.add(
                GraphParts.Node.of(
                        "Gather",
                        List.of(slice.inputs().getFirst(), SCORED),
                        slice.outputs(),
                        ROWS_AXIS));
    }

    private void addAttention(GraphParts.Node node) {
        List<String> inputs = node.inputs();
        for (int i = 0; i < inputs.size(); i++) {
            String input = inputs.get(i);
            boolean own = i < PAST ? input.isEmpty() || rows.contains(input) : i <= LENGTH + 1;
            if (!own && !constants.contains(input)) {
                throw refused("gives attention an input %s that is not supported".formatted(input));
            }
        }
        for (String input : inputs.subList(0, PAST)) {
            if (!input.isEmpty()) {
                List<String> split = perSlot(input + "." + node.outputs().getFirst());
                nodes.add(GraphParts.Node.of("Split", List.of(input, LENGTHS), split, ROWS_AXIS));
            }
        }
        for (int slot = 0; slot < slots; slot++) {
            List<String> own = new ArrayList<>(inputs);
            for (int i = 0; i < PAST; i++) {
                if (!own.get(i).isEmpty()) {
                    own.set(i, slot(own.get(i) + "." + node.outputs().getFirst(), slot));
                }
            }
            own.set(PAST, slot(own.get(PAST), slot));
            own.set(PAST + 1, slot(own.get(PAST + 1), slot));
            own.set(LENGTH, pastLength(slot));
            own.set(LENGTH + 1, totalLength(slot));
            int each = slot;
            nodes.add(
                    node.with(own, node.outputs().stream().map(name -> slot(name, each)).toList()));
        }
        String joined = node.outputs().getFirst();
        nodes.add(GraphParts.Node.of("Concat", perSlot(joined), List.of(joined), ROWS_AXIS));
    }

    private List<String> perSlot(String name) {
        return IntStream.range(0, slots).mapToObj(slot -> slot(name, slot)).toList();
    }

    private static InvalidModelException refused(String why) {
        return new InvalidModelException(
                "sequences cannot share a run: the graph %s".formatted(why));
    }
}
