package io.ralmspec.model;

import static io.ralmspec.model.ProtoWriter.field;
import static io.ralmspec.model.ProtoWriter.join;
import static io.ralmspec.model.ProtoWriter.number;
import static io.ralmspec.model.ProtoWriter.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Gives an exported language model the output that KNN-LM needs: {@value #NAME}, the input of the
 * last layer's feed-forward network after its normalisation, for every position of a run (the keys
 * of Khandelwal et al.; paper section 5). The value is there in every decoder; it only has no name
 * outside the graph.
 *
 * <p>Two protobuf messages that follow each other are one message with the fields of both: so one
 * node and an output are appended to the file, and nothing in it changes.
 */
public final class KeyOutput {
    /** The output's name. */
    public static final String NAME = "knn_key";

    private static final int FLOAT = 1;
    private static final int INT_ATTRIBUTE = 2;

    private KeyOutput() {}

    /**
     * Adds the output to {@code model.onnx} of a model directory, or to the file itself. The file
     * is replaced atomically; weights in files of their own are not touched.
     *
     * @return false if it has the output already
     * @throws InvalidModelException if the graph is not that of a decoder
     */
    public static boolean add(Path model) {
        Path graph = JsonFiles.inDirectory(model, "model.onnx");
        try {
            GraphNodes nodes = GraphNodes.read(graph);
            if (nodes.hasOutput(NAME)) {
                return false;
            }
            if (!nodes.hasOutput(GraphShape.LOGITS)) {
                throw new InvalidModelException(
                        "%s has no output %s: only language models can have keys"
                                .formatted(graph, GraphShape.LOGITS));
            }
            byte[] addition = addition(nodes.feedForwardInput());
            Path next = graph.resolveSibling(graph.getFileName() + ".next");
            Files.copy(graph, next, StandardCopyOption.REPLACE_EXISTING);
            Files.write(next, addition, StandardOpenOption.APPEND);
            Files.move(
                    next,
                    graph,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException("%s cannot be changed".formatted(graph), e);
        }
    }

    /**
     * @param arguments model directories or ONNX files
     */
    public static void main(String[] arguments) {
        for (String model : arguments) {
            boolean added = add(Path.of(model));
            System.out.printf("%s: %s%n", model, added ? "added " + NAME : "has it already");
        }
    }

    /**
     * A ModelProto with nothing but a graph with one node and one output. The node makes rows of
     * the value, whatever dimensions it has: exporters differ. The numbers are those of onnx.proto.
     */
    static byte[] addition(String value) {
        byte[] axis = join(text(1, "axis"), number(3, -1), number(20, INT_ATTRIBUTE));
        byte[] node =
                join(
                        text(1, value),
                        text(2, NAME),
                        text(3, NAME),
                        text(4, "Flatten"),
                        field(5, axis));
        byte[] shape = join(field(1, text(2, "rows")), field(1, text(2, "size")));
        byte[] type = field(1, join(number(1, FLOAT), field(2, shape)));
        byte[] output = join(text(1, NAME), field(2, type));
        return field(7, join(field(1, node), field(12, output)));
    }
}
