package io.ralmspec.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GraphOperatorsTest {
    private static final String NAME = "DynamicQuantizeLinear";
    private static final int MIB = 1 << 20;

    @TempDir Path temp;

    @Test
    void findsANameWhereverTheBufferIsCut() throws Exception {
        for (int offset = MIB - 40; offset <= MIB + 2; offset++) {
            Path file = file(offset, NAME.length(), NAME);
            assertThat(GraphOperators.find(file, Set.of(NAME, "Add")))
                    .as("offset %d", offset)
                    .containsExactly(NAME);
        }
    }

    @Test
    void aNameThatIsPartOfALongerOneDoesNotCount() throws Exception {
        assertThat(GraphOperators.find(file(7, NAME.length() + 2, NAME + "_1"), Set.of(NAME)))
                .isEmpty();
        assertThat(GraphOperators.find(file(7, NAME.length(), NAME), Set.of("MatMul"))).isEmpty();
        assertThat(GraphOperators.find(file(0, 0, ""), Set.of(NAME))).isEmpty();
    }

    @Test
    void readsTheOperatorsOfARealGraph() throws Exception {
        Path graph = TestDirectories.resource("models/gpt2-shared/model.onnx");
        assertThat(
                        GraphOperators.find(
                                graph,
                                Set.of("MatMul", "GroupQueryAttention", "Conv", "MatMulInteger")))
                .containsExactly("GroupQueryAttention", "MatMul");
    }

    private Path file(int offset, int length, String name) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(new byte[offset]);
        bytes.write(0x22);
        bytes.write(length);
        bytes.write(name.getBytes(StandardCharsets.US_ASCII));
        bytes.write(new byte[50]);
        return Files.write(temp.resolve("graph"), bytes.toByteArray());
    }
}
