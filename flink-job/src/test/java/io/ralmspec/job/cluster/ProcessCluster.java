package io.ralmspec.job.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ralmspec.job.local.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A standalone Flink cluster: one JobManager and some TaskManagers with one slot each, every one a
 * process of its own, as Flink's own scripts start them. Jobs come to it through Flink's command
 * line, a further process.
 */
final class ProcessCluster implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Pattern SUBMITTED = Pattern.compile("JobID ([0-9a-f]{32})");
    private static final Pattern SAVEPOINT = Pattern.compile("Path: (file:\\S+)");

    private final Path directory;
    private final int restPort;
    private final List<Process> processes = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();

    private ProcessCluster(Path directory, int restPort) {
        this.directory = directory;
        this.restPort = restPort;
    }

    /**
     * Starts the cluster and waits until every slot is there.
     *
     * @param directory for settings, logs, checkpoints and savepoints
     */
    static ProcessCluster start(Path directory, int taskManagers) throws Exception {
        int restPort = Ports.freeOr(0);
        ProcessCluster cluster = new ProcessCluster(directory, restPort);
        try {
            Files.createDirectories(directory.resolve("conf"));
            Files.writeString(directory.resolve("conf/config.yaml"), settings(directory, restPort));
            Files.writeString(directory.resolve("conf/log4j.properties"), LOGGING);
            cluster.launch(
                    "jobmanager",
                    "-Xmx512m",
                    "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint");
            for (int i = 0; i < taskManagers; i++) {
                cluster.launch(
                        "taskmanager-" + i,
                        "-Xmx768m",
                        "org.apache.flink.runtime.taskexecutor.TaskManagerRunner");
            }
            Awaitility.await()
                    .atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(
                            () ->
                                    cluster.get("/overview").get("slots-total").asInt()
                                            == taskManagers);
            return cluster;
        } catch (Throwable e) {
            cluster.close();
            throw new IllegalStateException(cluster.errors(), e);
        }
    }

    private static String settings(Path directory, int restPort) throws IOException {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("jobmanager.rpc.address", "localhost");
        settings.put("jobmanager.rpc.port", String.valueOf(Ports.freeOr(0)));
        settings.put("jobmanager.bind-host", "localhost");
        settings.put("rest.address", "localhost");
        settings.put("rest.bind-address", "localhost");
        settings.put("rest.port", String.valueOf(restPort));
        settings.put("taskmanager.host", "localhost");
        settings.put("taskmanager.bind-host", "localhost");
        settings.put("taskmanager.numberOfTaskSlots", "1");
        // What taskmanager.sh works out.
        settings.put("taskmanager.cpu.cores", "1");
        settings.put("taskmanager.memory.framework.heap.size", "64m");
        settings.put("taskmanager.memory.framework.off-heap.size", "64m");
        settings.put("taskmanager.memory.task.heap.size", "512m");
        settings.put("taskmanager.memory.task.off-heap.size", "256m");
        settings.put("taskmanager.memory.network.min", "64m");
        settings.put("taskmanager.memory.network.max", "64m");
        settings.put("taskmanager.memory.managed.size", "128m");
        settings.put("taskmanager.memory.jvm-metaspace.size", "256m");
        settings.put("taskmanager.memory.jvm-overhead.min", "192m");
        settings.put("taskmanager.memory.jvm-overhead.max", "192m");
        // As the chart has it.
        settings.put("classloader.parent-first-patterns.additional", "ai.onnxruntime;ai.djl");
        settings.put("metrics.fetcher.update-interval", "500 ms");
        settings.put("execution.checkpointing.interval", "1 s");
        settings.put(
                "execution.checkpointing.dir", directory.resolve("checkpoints").toUri().toString());
        StringBuilder yaml = new StringBuilder();
        settings.forEach((key, value) -> yaml.append("%s: '%s'%n".formatted(key, value)));
        return yaml.toString();
    }

    /**
     * Submits the job's jar with {@code flink run} and waits until every task runs.
     *
     * @param savepoint to go on from, or null
     * @return the job's id
     */
    String submit(int parallelism, @Nullable String savepoint, List<String> arguments)
            throws Exception {
        List<String> command = new ArrayList<>(List.of("run", "--detached"));
        command.addAll(List.of("--parallelism", String.valueOf(parallelism)));
        if (savepoint != null) {
            command.addAll(List.of("--fromSavepoint", savepoint));
        }
        command.add(ClusterFiles.JOB_JAR.toString());
        command.addAll(arguments);
        String job = found(SUBMITTED, flink(command));
        Awaitility.await()
                .atMost(PATIENCE)
                .until(
                        () -> {
                            JsonNode details = get("/jobs/" + job);
                            if (details.get("state").asText().equals("FAILED")) {
                                throw new IllegalStateException(
                                        get("/jobs/" + job + "/exceptions").toString());
                            }
                            for (JsonNode vertex : details.get("vertices")) {
                                if (!vertex.get("status").asText().equals("RUNNING")) {
                                    return false;
                                }
                            }
                            return true;
                        });
        return job;
    }

    /** Stops a job with {@code flink stop}; returns its savepoint. */
    String stop(String job) throws Exception {
        String target = directory.resolve("savepoints").toUri().toString();
        return found(SAVEPOINT, flink(List.of("stop", "--savepointPath", target, job)));
    }

    private static String found(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new IllegalStateException(text);
        }
        return matcher.group(1);
    }

    private String flink(List<String> arguments) throws Exception {
        List<String> command = java("client", "-Xmx512m");
        command.add("org.apache.flink.client.cli.CliFrontend");
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("FLINK_CONF_DIR", directory.resolve("conf").toString());
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes());
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IllegalStateException("flink %s: %s".formatted(arguments, output));
        }
        return output;
    }

    private void launch(String name, String heap, String main) throws IOException {
        List<String> command = java(name, heap);
        command.addAll(List.of(main, "--configDir", directory.resolve("conf").toString()));
        processes.add(
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve(name + ".out").toFile())
                        .start());
    }

    private List<String> java(String name, String heap) {
        return new ArrayList<>(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        heap,
                        "-XX:+UseSerialGC",
                        "--add-modules=jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "--add-opens=java.base/java.util=ALL-UNNAMED",
                        "--add-opens=java.base/java.lang=ALL-UNNAMED",
                        "-Dlog4j.configurationFile=" + directory.resolve("conf/log4j.properties"),
                        "-Dlog.file=" + directory.resolve(name + ".log"),
                        "-cp",
                        ClusterFiles.classPath()));
    }

    /** An answer of Flink's REST interface. */
    JsonNode get(String path) throws Exception {
        URI uri = URI.create("http://localhost:%d%s".formatted(restPort, path));
        return new ObjectMapper()
                .readTree(
                        http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                                .body());
    }

    /** What the process logged so far, such as {@code taskmanager-0}. */
    String log(String name) throws IOException {
        return Files.readString(directory.resolve(name + ".log"))
                + Files.readString(directory.resolve(name + ".out"));
    }

    /** What the TaskManagers logged as an error. */
    String errors() throws IOException {
        StringBuilder errors = new StringBuilder();
        for (int i = 0; i < processes.size() - 1; i++) {
            log("taskmanager-" + i)
                    .lines()
                    .filter(line -> line.contains(" ERROR ") || line.startsWith("Caused by"))
                    .forEach(line -> errors.append(line).append('\n'));
        }
        return errors.toString();
    }

    boolean alive() {
        return processes.stream().allMatch(Process::isAlive);
    }

    @Override
    public void close() throws InterruptedException {
        for (Process process : processes.reversed()) {
            process.destroy();
        }
        for (Process process : processes) {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        }
    }

    private static final String LOGGING =
            """
            rootLogger.level = INFO
            rootLogger.appenderRef.file.ref = File
            appender.file.name = File
            appender.file.type = FILE
            appender.file.fileName = ${sys:log.file}
            appender.file.layout.type = PatternLayout
            appender.file.layout.pattern = %d{HH:mm:ss,SSS} %-5p %c{1} - %m%n
            """;
}
