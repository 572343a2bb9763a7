package io.ralmspec.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The structure of an ONNX graph, without its weights: nodes in the order they run, and the names
 * of constants and outputs. The numbers are field numbers of onnx.proto.
 */
final class GraphNodes {
    /** Products of a running value and weights. */
    private static final Set<String> PRODUCTS =
            Set.of("MatMul", "Gemm", "MatMulNBits", "FusedMatMul", "FusedGemm");

    /** Attention as one node. */
    private static final Set<String> ATTENTION =
            Set.of("GroupQueryAttention", "MultiHeadAttention", "Attention");

    record Node(String operator, List<String> inputs, List<String> outputs) {}

    private final List<Node> nodes = new ArrayList<>();
    private final Set<String> constants = new HashSet<>();
    private final Set<String> outputs = new HashSet<>();

    /** Files with weights, relative to the graph's. */
    private final Set<String> externalFiles = new java.util.TreeSet<>();

    private GraphNodes() {}

    /**
     * @throws InvalidModelException if the file is no ONNX graph
     */
    static GraphNodes read(Path file) throws IOException {
        GraphNodes graph = new GraphNodes();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (channel.size() > Integer.MAX_VALUE) {
                throw new InvalidModelException(
                        "%s has %d bytes, more than an ONNX file can have: keep its weights in a file of their own"
                                .formatted(file, channel.size()));
            }
            ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            for (ProtoReader model = new ProtoReader(bytes); model.next(); ) {
                if (model.field() == 7) {
                    graph.addGraph(model.message());
                }
            }
        }
        for (Node node : graph.nodes) {
            if (node.inputs.stream().allMatch(graph::constant)) {
                graph.constants.addAll(node.outputs);
            }
        }
        return graph;
    }

    private void addGraph(ProtoReader graph) {
        while (graph.next()) {
            switch (graph.field()) {
                case 1 -> nodes.add(node(graph.message()));
                case 5 -> addTensor(graph.message());
                case 12 -> outputs.add(first(graph.message(), 1));
                default -> {}
            }
        }
    }

    private static Node node(ProtoReader node) {
        String operator = "";
        List<String> inputs = new ArrayList<>();
        List<String> outputs = new ArrayList<>();
        while (node.next()) {
            switch (node.field()) {
                case 1 -> inputs.add(node.string());
                case 2 -> outputs.add(node.string());
                case 4 -> operator = node.string();
                default -> {}
            }
        }
        return new Node(operator, inputs, outputs);
    }

    private void addTensor(ProtoReader tensor) {
        while (tensor.next()) {
            if (tensor.field() == 8) {
                constants.add(tensor.string());
            } else if (tensor.field() == 13 && first(tensor.message(), 1).equals("location")) {
                externalFiles.add(first(tensor.message(), 2));
            }
        }
    }

    private static String first(ProtoReader message, int field) {
        while (message.next()) {
            if (message.field() == field) {
                return message.string();
            }
        }
        return "";
    }

    private boolean constant(String name) {
        return name.isEmpty() || constants.contains(name);
    }

    boolean hasOutput(String name) {
        return outputs.contains(name);
    }

    Set<String> externalFiles() {
        return externalFiles;
    }

    /**
     * The input of the last layer's feed-forward network, after its normalisation. What identifies
     * it is the shape of a pre-norm transformer: behind the last attention, the longest way to a
     * feed-forward product passes one other product with weights, the attention's own projection.
     * That holds whatever the exporter calls its nodes.
     *
     * @throws InvalidModelException if there is not exactly one such value
     */
    String feedForwardInput() {
        // Products with weights on the longest way from the last attention to a value.
        Map<String, Integer> products = new HashMap<>();
        Set<String> found = new HashSet<>();
        int attention = lastAttention();
        for (Node node : nodes.subList(Math.max(0, attention), nodes.size())) {
            int before =
                    node == nodes.get(Math.max(0, attention))
                            ? 0
                            : node.inputs.stream()
                                    .mapToInt(input -> products.getOrDefault(input, -1))
                                    .max()
                                    .orElse(-1);
            if (before < 0) {
                continue;
            }
            boolean product = product(node) && constant(node.inputs.get(1));
            if (product && before == 1) {
                found.add(node.inputs.getFirst());
            }
            int after = product ? before + 1 : before;
            node.outputs.forEach(output -> products.put(output, after));
        }
        if (attention < 0 || found.size() != 1) {
            throw new InvalidModelException(
                    "the graph has %d values that could be the input of its last feed-forward network, not 1: only decoders with normalisation before attention and before the feed-forward network are supported (GPT-2, OPT, Llama and their like)"
                            .formatted(attention < 0 ? 0 : found.size()));
        }
        return found.iterator().next();
    }

    /** The node whose first output is attended values; -1 if there is none. */
    private int lastAttention() {
        for (int i = nodes.size() - 1; i >= 0; i--) {
            Node node = nodes.get(i);
            boolean twoRunning =
                    product(node) && !constant(node.inputs.get(0)) && !constant(node.inputs.get(1));
            if (twoRunning || ATTENTION.contains(node.operator)) {
                return i;
            }
        }
        return -1;
    }

    private static boolean product(Node node) {
        return PRODUCTS.contains(node.operator) && node.inputs.size() > 1;
    }
}
