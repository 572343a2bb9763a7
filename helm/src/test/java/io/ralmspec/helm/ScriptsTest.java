package io.ralmspec.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scripts that TaskManagers start with, run for real with this machine's sh, curl and tar. */
class ScriptsTest {
    private static final Path FETCH = Chart.DIRECTORY.resolve("files/fetch.sh").toAbsolutePath();
    private static final Path PROBE =
            Chart.DIRECTORY.resolve("files/gpu-probe.sh").toAbsolutePath();

    @TempDir private Path directory = Path.of("");
    private final Map<String, byte[]> files = new ConcurrentHashMap<>();
    private final AtomicInteger requests = new AtomicInteger();
    private HttpServer server = server();

    private record Result(int status, String output) {}

    private HttpServer server() {
        try {
            HttpServer started =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            started.createContext(
                    "/",
                    exchange -> {
                        requests.incrementAndGet();
                        byte[] bytes = files.get(exchange.getRequestURI().getPath().substring(1));
                        exchange.sendResponseHeaders(
                                bytes == null ? 404 : 200, bytes == null ? -1 : bytes.length);
                        if (bytes != null) {
                            exchange.getResponseBody().write(bytes);
                        }
                        exchange.close();
                    });
            return started;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @BeforeEach
    void start() {
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void aFileIsFetchedOnceAndChecked() throws Exception {
        byte[] model = "a model".getBytes(StandardCharsets.UTF_8);
        files.put("model.onnx", model);

        Result first =
                fetch(url("model.onnx?token=hidden"), sha256(model), "onnx/model.onnx", "false");
        Result second = fetch(url("model.onnx"), sha256(model), "onnx/model.onnx", "false");

        assertThat(first.status()).as(first.output()).isZero();
        assertThat(first.output()).doesNotContain("hidden");
        assertThat(directory.resolve("onnx/model.onnx")).hasBinaryContent(model);
        assertThat(second.output()).contains("onnx/model.onnx is there");
        assertThat(requests).hasValue(1);
    }

    @Test
    void aFileWithAnotherSumIsRefusedAndRemoved() throws Exception {
        byte[] wrong = "another".getBytes(StandardCharsets.UTF_8);
        files.put("model.onnx", wrong);

        Result result = fetch(url("model.onnx"), "0".repeat(64), "model.onnx", "false");

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.output())
                .contains(
                        "model.onnx must have SHA-256 %s (got %s)"
                                .formatted("0".repeat(64), sha256(wrong)));
        assertThat(directory.resolve("model.onnx")).doesNotExist();
        assertThat(directory.resolve(".fetched/part")).doesNotExist();
    }

    @Test
    void aFileThatIsNotThereFails() throws Exception {
        Result result = fetch(url("none"), "0".repeat(64), "none", "false");

        assertThat(result.status()).isNotZero();
        assertThat(result.output()).contains("404");
    }

    @Test
    void anArchiveIsUnpackedAndOthersFollow() throws Exception {
        Path source = Files.createDirectories(directory.resolve("source/1_Pooling"));
        Files.writeString(source.resolve("config.json"), "{}");
        Path archive = directory.resolve("encoder.tar.gz");
        run(List.of("tar", "-czf", archive.toString(), "-C", directory + "/source", "."), Map.of());
        byte[] bytes = Files.readAllBytes(archive);
        files.put("encoder.tar.gz", bytes);
        files.put("more.txt", bytes);

        Result result =
                fetch(
                        url("encoder.tar.gz"),
                        sha256(bytes),
                        "encoder",
                        "true",
                        url("more.txt"),
                        sha256(bytes),
                        "more.txt",
                        "false");

        assertThat(result.status()).as(result.output()).isZero();
        assertThat(directory.resolve("encoder/1_Pooling/config.json")).hasContent("{}");
        assertThat(requests).hasValue(1);
    }

    @Test
    void withoutAGpuTheProbeSaysWhatToLookAt() throws Exception {
        Result result = run(List.of("sh", PROBE.toString()), Map.of("PATH", directory.toString()));

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.output()).contains("gpu-probe: no GPU is passed into this container");
    }

    @Test
    void withoutCudaTheProbeNamesWhatIsMissing() throws Exception {
        script("nvidia-smi", "echo 'GPU 0: a GPU'");
        script("ldconfig", "echo '  libcuda.so.1 (libc6,x86-64) => /usr/lib/libcuda.so.1'");

        Result result = probe();

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.output())
                .contains("missing: libcudart.so.12 libcublas.so.12")
                .doesNotContain("libcuda.so.1 ");
    }

    @Test
    void withGpuAndCudaTheProbePasses() throws Exception {
        script("nvidia-smi", "echo 'GPU 0: a GPU'");
        script(
                "ldconfig",
                "for l in libcuda.so.1 libcudart.so.12 libcublas.so.12 libcublasLt.so.12"
                        + " libcurand.so.10 libcufft.so.11 libcudnn.so.9; do echo \"  $l (libc6)\";"
                        + " done");

        Result result = probe();

        assertThat(result.status()).as(result.output()).isZero();
        assertThat(result.output()).contains("CUDA can run");
    }

    private Result probe() throws Exception {
        return run(
                List.of("sh", PROBE.toString()),
                Map.of("PATH", directory + ":" + System.getenv("PATH")));
    }

    private void script(String name, String body) throws IOException {
        Path file = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + body + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private Result fetch(String... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(List.of("sh", FETCH.toString(), directory.toString()));
        command.addAll(List.of(arguments));
        return run(command, Map.of());
    }

    private static Result run(List<String> command, Map<String, String> environment)
            throws Exception {
        List<String> absolute = new ArrayList<>(command);
        if (command.get(0).equals("sh")) {
            absolute.set(0, "/bin/sh");
        }
        ProcessBuilder builder = new ProcessBuilder(absolute).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), output);
    }

    private String url(String path) {
        return "http://127.0.0.1:%d/%s".formatted(server.getAddress().getPort(), path);
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
