package io.ralmspec.model;

import io.ralmspec.model.GraphParts.Node;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Rewrites a language model's graph so that one run generates several greedy tokens. The whole
 * graph becomes the body of an ONNX Loop: each turn runs the last two tokens again with the keys
 * and values of the turn before, as single runs do, and appends the token that follows. So keys and
 * values enter and leave the device once per run instead of once per token.
 *
 * <p>The body is the graph as it is, so any graph that {@link CausalGraph} runs can be looped, and
 * each turn has the arithmetic of the single run that it stands for. Weights stay outside the body
 * and are read from the files of the given graph.
 */
final class LoopGraph {
    /** Scalar: tokens to generate at most. */
    static final String TURNS = "loop.turns";

    /** [1, tokens]: what the first turn runs, two tokens or more. */
    static final String IDS = "loop.input_ids";

    /** Scalar: positions, past and first turn. */
    static final String TOTAL = "loop.total";

    /** [ends]: tokens after which no other follows; at least one number. */
    static final String ENDS = "loop.ends";

    /** [generated, 1]. */
    static final String TOKENS = "loop.tokens";

    private static final int FLOAT = 1;
    private static final int INT32 = 6;
    private static final int INT64 = 7;
    private static final int BOOL = 9;

    /** Ends the names that are only used inside the loop. */
    private static final String INNER = ".in_loop";

    private static final String GO_ON = "loop.go_on";
    private static final String LAST = "loop.last";
    private static final String ONE = "loop.one";
    private static final String ROW = "loop.row";
    private static final long TOKEN_AXIS = 1;

    private final GraphParts parts;
    private final GraphShape shape;
    private final boolean inPlace;
    private final List<Node> nodes = new ArrayList<>();

    private LoopGraph(GraphParts parts, GraphShape shape, boolean inPlace) {
        this.parts = parts;
        this.shape = shape;
        this.inPlace = inPlace;
    }

    /**
     * The graph as an ONNX file whose weights are read from the files of the given one. Its keys
     * and values are named by {@link #outer}.
     *
     * @param inPlace present keys and values have the size of the past ones. Otherwise each turn
     *     gives longer ones, and the last position of the last turn is left out: the turn that
     *     follows runs it again
     */
    static byte[] of(Path graph, GraphShape shape, boolean inPlace) throws IOException {
        return new LoopGraph(GraphParts.read(graph), shape, inPlace).rewritten();
    }

    /** The name, in the loop's graph, of the graph's past or present keys or values. */
    static String outer(String name) {
        return "loop." + name;
    }

    private byte[] rewritten() {
        Map<String, byte[]> constants = new LinkedHashMap<>(parts.constants());
        add(constants, ONE, List.of(), 1);
        add(constants, LAST, List.of(1L), -1);
        if (shape.positionInput()) {
            add(constants, ROW, List.of(2L), 1, -1);
        }
        GraphShape.KeepInput keep = shape.keep();
        if (keep != null) {
            add(constants, keep.name(), keep.dimensions(), GraphStep.LEAST);
        }
        if (!inPlace) {
            add(constants, "loop.vector_0", List.of(1L), 0);
            add(constants, "loop.vector_2", List.of(1L), 2);
        }
        Map<String, byte[]> inputs = new LinkedHashMap<>();
        Map<String, byte[]> outputs = new LinkedHashMap<>();
        addValue(inputs, true, TURNS, INT64);
        addValue(inputs, true, IDS, INT64, 1, "tokens");
        addValue(inputs, true, TOTAL, INT64);
        addValue(inputs, true, ENDS, INT64, "ends");
        addValue(outputs, false, TOKENS, INT64, "generated", 1);
        List<String> loopInputs = new ArrayList<>(List.of(TURNS, "", IDS, TOTAL));
        List<String> loopOutputs = new ArrayList<>(List.of("loop.final_ids", "loop.final_total"));
        for (int i = 0; i < shape.pastNames().size(); i++) {
            String past = outer(shape.pastNames().get(i));
            String present = outer(shape.presentNames().get(i));
            addKv(inputs, true, past);
            addKv(outputs, false, present);
            loopInputs.add(past);
            loopOutputs.add(present);
        }
        loopOutputs.add(TOKENS);
        Node loop = Node.of("Loop", loopInputs, loopOutputs).withBody(body());
        return new GraphParts(parts.header(), List.of(loop), constants, inputs, outputs).encoded();
    }

    /** What one turn does. */
    private byte[] body() {
        Map<String, byte[]> inputs = new LinkedHashMap<>();
        Map<String, byte[]> outputs = new LinkedHashMap<>();
        addValue(inputs, true, "loop.turn", INT64);
        addValue(inputs, true, "loop.asked", BOOL);
        addValue(inputs, true, GraphShape.IDS, INT64, 1, "run");
        addValue(inputs, true, TOTAL + INNER, INT64);
        addValue(outputs, false, GO_ON, BOOL);
        addValue(outputs, false, "loop.next_ids", INT64, 1, 2);
        addValue(outputs, false, "loop.next_total", INT64);
        addInputs();
        nodes.addAll(parts.nodes());
        addChoice();
        for (int i = 0; i < shape.pastNames().size(); i++) {
            addKv(inputs, true, shape.pastNames().get(i));
            addKv(outputs, false, carried(shape.presentNames().get(i)));
        }
        addValue(outputs, false, "loop.token", INT64, 1);
        return new GraphParts(new byte[0], nodes, Map.of(), inputs, outputs).graph("turn");
    }

    /** Mask and positions of a turn. */
    private void addInputs() {
        String total = TOTAL + INNER;
        add("Reshape", List.of(total, LAST), "loop.total_vector");
        add("Reshape", List.of(ONE, LAST), "loop.one_vector");
        add("Concat", List.of("loop.one_vector", "loop.total_vector"), "loop.mask_shape", 0);
        add("Expand", List.of(ONE, "loop.mask_shape"), GraphShape.MASK);
        if (shape.positionInput()) {
            add("Size", List.of(GraphShape.IDS), "loop.count");
            add("Sub", List.of(total, "loop.count"), "loop.from");
            add("Range", List.of("loop.from", total, ONE), "loop.positions");
            add("Reshape", List.of("loop.positions", ROW), GraphShape.POSITIONS);
        }
    }

    /** The token that follows, and what the turn after this one gets. */
    private void addChoice() {
        String chosen = GraphShape.NEXT_TOKEN;
        if (!shape.nextTokenOutput()) {
            chosen = "loop.chosen";
            nodes.add(
                    Node.of("ArgMax", List.of(GraphShape.LOGITS), List.of(chosen), -1)
                            .with("keepdims", 0));
        }
        add("Gather", List.of(chosen, LAST), "loop.token_row", TOKEN_AXIS);
        add("Reshape", List.of("loop.token_row", LAST), "loop.token");
        add("Gather", List.of(GraphShape.IDS, LAST), "loop.kept_id", TOKEN_AXIS);
        add("Concat", List.of("loop.kept_id", "loop.token_row"), "loop.next_ids", TOKEN_AXIS);
        add("Add", List.of(TOTAL + INNER, ONE), "loop.next_total");
        add("Equal", List.of("loop.token", ENDS), "loop.is_end");
        nodes.add(
                Node.of("Cast", List.of("loop.is_end"), List.of("loop.is_end_number"))
                        .with("to", INT32));
        nodes.add(
                Node.of("ReduceMax", List.of("loop.is_end_number"), List.of("loop.ended_number"))
                        .with("keepdims", 0));
        nodes.add(
                Node.of("Cast", List.of("loop.ended_number"), List.of("loop.ended"))
                        .with("to", BOOL));
        add("Not", List.of("loop.ended"), GO_ON);
        if (!inPlace) {
            for (String present : shape.presentNames()) {
                add(
                        "Slice",
                        List.of(present, "loop.vector_0", LAST, "loop.vector_2"),
                        carried(present));
            }
        }
    }

    private String carried(String present) {
        return inPlace ? present : present + INNER;
    }

    private void add(String operator, List<String> inputs, String output) {
        nodes.add(Node.of(operator, inputs, List.of(output)));
    }

    private void add(String operator, List<String> inputs, String output, long axis) {
        nodes.add(Node.of(operator, inputs, List.of(output), axis));
    }

    private void addKv(Map<String, byte[]> values, boolean input, String name) {
        addValue(values, input, name, FLOAT, 1, shape.kvHeads(), name + ".room", shape.headSize());
    }

    private static void addValue(
            Map<String, byte[]> values, boolean input, String name, int type, Object... dims) {
        values.put(name, GraphParts.value(input, name, type, List.of(dims)));
    }

    private static void add(
            Map<String, byte[]> constants, String name, List<Long> dimensions, long... values) {
        constants.put(name, GraphParts.numbers(name, dimensions, values));
    }
}
