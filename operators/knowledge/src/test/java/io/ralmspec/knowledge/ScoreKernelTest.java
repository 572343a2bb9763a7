package io.ralmspec.knowledge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScoreKernelTest {
    private static final String MODULE = "--add-modules=jdk.incubator.vector";

    @Test
    void vectorKernelGivesTheBitsOfThePlainOne() {
        KernelCheck.compare(new VectorKernel(), Seeds.next());
    }

    @Test
    void picksTheVectorKernelWhereTheModuleIsPresent() {
        assertThat(Kernels.best()).isInstanceOf(VectorKernel.class);
    }

    @Test
    void runsWithoutTheVectorModule() throws Exception {
        assertThat(runInItsOwnJvm()).contains("kernel=plain");
    }

    /** Widths in bytes: the code paths of machines that are narrower than this one. */
    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void registersOfAnyWidthGiveTheSameBits(int bytes) throws Exception {
        String output = runInItsOwnJvm(MODULE, "-XX:MaxVectorSize=" + bytes);
        int own = Integer.parseInt(Kernels.best().name().replace("vector-", "")) / Byte.SIZE;
        assertThat(output).contains("kernel=vector-" + Math.min(bytes, own) * Byte.SIZE);
    }

    private static String runInItsOwnJvm(String... flags) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Arrays.asList(flags));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(KernelCheck.class.getName(), Long.toString(Seeds.next())));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
