package io.ralmspec.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An ONNX file in parts that can be put together anew, without its weights: those stay where they
 * are, and the parts say where. The numbers are field numbers of onnx.proto.
 *
 * @param header all of the file but the graph, encoded
 * @param nodes in the order they run
 * @param constants by name, encoded
 * @param inputs by name, encoded
 * @param outputs by name, encoded
 */
record GraphParts(
        byte[] header,
        List<Node> nodes,
        Map<String, byte[]> constants,
        Map<String, byte[]> inputs,
        Map<String, byte[]> outputs) {
    /** Larger constants are not copied but read from the file again. */
    private static final int LARGE_BYTES = 1024;

    private static final int GRAPH = 7;
    private static final int NODE = 1;
    private static final int CONSTANT = 5;
    private static final int INPUT = 11;
    private static final int OUTPUT = 12;
    private static final int INT64 = 7;

    /**
     * @param rest operator, domain and attributes, encoded
     * @param nested it has a graph of its own
     */
    record Node(
            String operator,
            List<String> inputs,
            List<String> outputs,
            byte[] rest,
            boolean nested) {
        Node with(List<String> newInputs, List<String> newOutputs) {
            return new Node(operator, newInputs, newOutputs, rest, nested);
        }

        static Node of(String operator, List<String> inputs, List<String> outputs, long axis) {
            return of(operator, inputs, outputs).with("axis", axis);
        }

        static Node of(String operator, List<String> inputs, List<String> outputs) {
            return new Node(operator, inputs, outputs, ProtoWriter.text(4, operator), false);
        }

        /** The node with one more attribute. */
        Node with(String attribute, long value) {
            return with(
                    ProtoWriter.text(1, attribute),
                    ProtoWriter.number(3, value),
                    ProtoWriter.number(20, 2));
        }

        /** The node with a graph of its own, see {@link GraphParts#graph}. */
        Node withBody(byte[] graph) {
            return with(
                    ProtoWriter.text(1, "body"),
                    ProtoWriter.field(6, graph),
                    ProtoWriter.number(20, 5));
        }

        private Node with(byte[]... attribute) {
            byte[] field = ProtoWriter.field(5, ProtoWriter.join(attribute));
            return new Node(operator, inputs, outputs, ProtoWriter.join(rest, field), nested);
        }

        private byte[] encoded() {
            List<byte[]> fields = new ArrayList<>();
            inputs.forEach(input -> fields.add(ProtoWriter.text(1, input)));
            outputs.forEach(output -> fields.add(ProtoWriter.text(2, output)));
            fields.add(rest);
            return ProtoWriter.join(fields);
        }
    }

    /**
     * @throws InvalidModelException if the file is no ONNX graph
     */
    static GraphParts read(Path file) throws IOException {
        List<byte[]> header = new ArrayList<>();
        GraphParts parts =
                new GraphParts(
                        new byte[0],
                        new ArrayList<>(),
                        new LinkedHashMap<>(),
                        new LinkedHashMap<>(),
                        new LinkedHashMap<>());
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            String location = String.valueOf(file.getFileName());
            for (ProtoReader model = new ProtoReader(bytes); model.next(); ) {
                if (model.field() == GRAPH) {
                    parts.add(model.message(), location);
                } else {
                    header.add(model.encoded());
                }
            }
        }
        return new GraphParts(
                ProtoWriter.join(header),
                parts.nodes,
                parts.constants,
                parts.inputs,
                parts.outputs);
    }

    /** The parts as one ONNX file. */
    byte[] encoded() {
        return ProtoWriter.join(header, ProtoWriter.field(GRAPH, graph("graph")));
    }

    /** The parts without the header, as the graph of a file or of a node. */
    byte[] graph(String name) {
        List<byte[]> fields = new ArrayList<>();
        nodes.forEach(node -> fields.add(ProtoWriter.field(NODE, node.encoded())));
        fields.add(ProtoWriter.text(2, name));
        fields.addAll(constants.values());
        fields.addAll(inputs.values());
        fields.addAll(outputs.values());
        return ProtoWriter.join(fields);
    }

    private void add(ProtoReader graph, String location) {
        while (graph.next()) {
            switch (graph.field()) {
                case NODE -> nodes.add(node(graph.message()));
                case CONSTANT -> addConstant(graph.message(), location);
                case INPUT -> inputs.put(name(graph.message()), graph.encoded());
                case OUTPUT -> outputs.put(name(graph.message()), graph.encoded());
                default -> {}
            }
        }
    }

    private static Node node(ProtoReader node) {
        String operator = "";
        List<String> inputs = new ArrayList<>();
        List<String> outputs = new ArrayList<>();
        List<byte[]> rest = new ArrayList<>();
        boolean nested = false;
        while (node.next()) {
            switch (node.field()) {
                case 1 -> inputs.add(node.string());
                case 2 -> outputs.add(node.string());
                case 3 -> {} // its name
                default -> {
                    operator = node.field() == 4 ? node.string() : operator;
                    nested |= node.field() == 5 && isGraph(node.message());
                    rest.add(node.encoded());
                }
            }
        }
        return new Node(operator, inputs, outputs, ProtoWriter.join(rest), nested);
    }

    private static boolean isGraph(ProtoReader attribute) {
        boolean graph = false;
        while (attribute.next()) {
            graph |= attribute.field() == 6 || attribute.field() == 11;
        }
        return graph;
    }

    private void addConstant(ProtoReader tensor, String location) {
        String name = "";
        List<byte[]> fields = new ArrayList<>();
        while (tensor.next()) {
            if (tensor.field() == 8) {
                name = tensor.string();
            }
            if (tensor.field() == 9 && tensor.length() > LARGE_BYTES) {
                fields.add(place("location", location));
                fields.add(place("offset", Long.toString(tensor.offset())));
                fields.add(place("length", Integer.toString(tensor.length())));
                fields.add(ProtoWriter.number(14, 1));
            } else {
                fields.add(tensor.encoded());
            }
        }
        constants.put(name, ProtoWriter.field(CONSTANT, ProtoWriter.join(fields)));
    }

    private static byte[] place(String key, String value) {
        return ProtoWriter.field(
                13, ProtoWriter.join(ProtoWriter.text(1, key), ProtoWriter.text(2, value)));
    }

    private static String name(ProtoReader value) {
        while (value.next()) {
            if (value.field() == 1) {
                return value.string();
            }
        }
        return "";
    }

    /** A constant of int64 numbers, encoded: a vector, or what the dimensions say. */
    static byte[] numbers(String name, List<Long> dimensions, long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES);
        bytes.order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().put(values);
        List<byte[]> fields = new ArrayList<>();
        dimensions.forEach(dimension -> fields.add(ProtoWriter.number(1, dimension)));
        fields.add(ProtoWriter.number(2, INT64));
        fields.add(ProtoWriter.text(8, name));
        fields.add(ProtoWriter.field(9, bytes.array()));
        return ProtoWriter.field(CONSTANT, ProtoWriter.join(fields));
    }

    /** An input or output of a graph, encoded. Without dimensions it is a scalar. */
    static byte[] value(boolean input, String name, int type, List<Object> dimensions) {
        List<byte[]> fields = new ArrayList<>(List.of(ProtoWriter.number(1, type)));
        List<byte[]> shape = new ArrayList<>();
        for (Object dimension : dimensions) {
            byte[] size =
                    dimension instanceof Integer known
                            ? ProtoWriter.number(1, known)
                            : ProtoWriter.text(2, dimension.toString());
            shape.add(ProtoWriter.field(1, size));
        }
        fields.add(ProtoWriter.field(2, ProtoWriter.join(shape)));
        byte[] tensor = ProtoWriter.field(1, ProtoWriter.join(fields));
        return ProtoWriter.field(
                input ? INPUT : OUTPUT,
                ProtoWriter.join(ProtoWriter.text(1, name), ProtoWriter.field(2, tensor)));
    }
}
