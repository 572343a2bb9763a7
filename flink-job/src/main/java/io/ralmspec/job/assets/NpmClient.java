package io.ralmspec.job.assets;

import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs the user's own {@code npm}, so that the user's registry, proxy, certificates and login apply
 * and this product names no registry. Used by {@link PackageCache}, which checks what comes back.
 */
public final class NpmClient {
    private static final Duration HEARTBEAT = Duration.ofMillis(500);
    private static final int REPORTED_LINES = 3;

    private final Path executable;
    private final Duration limit;

    /**
     * @param executable the {@code npm} program
     * @param limit how long one download may take
     */
    public NpmClient(Path executable, Duration limit) {
        this.executable = executable;
        this.limit = limit;
    }

    /** The first npm on the search path of this process, if there is one. */
    public static Optional<NpmClient> onPath(Duration limit) {
        return find(System.getenv()).map(npm -> new NpmClient(npm, limit));
    }

    static Optional<Path> find(Map<String, String> environment) {
        String path = environment.getOrDefault("PATH", "");
        return Stream.of(path.split(File.pathSeparator))
                .filter(directory -> !directory.isBlank())
                .flatMap(directory -> Stream.of("npm", "npm.cmd").map(Path.of(directory)::resolve))
                .filter(Files::isRegularFile)
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Downloads the tarball of {@code wanted} into an empty directory and returns its path. Scripts
     * of the package do not run.
     *
     * @throws AssetException if npm fails, runs too long or leaves no tarball
     */
    Path pack(NpmPackage wanted, Path directory, Runnable heartbeat) throws IOException {
        Path log = directory.resolve("npm.log");
        Process process =
                new ProcessBuilder(
                                executable.toString(),
                                "pack",
                                wanted.coordinates(),
                                "--pack-destination",
                                directory.toAbsolutePath().toString(),
                                "--ignore-scripts",
                                "--fetch-retries=0")
                        .directory(directory.toFile())
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(log.toFile())
                        .start();
        try {
            process.getOutputStream().close();
            int code = await(process, heartbeat);
            if (code != 0) {
                throw new AssetException("npm ended with code " + code + reported(log));
            }
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        return tarballIn(directory);
    }

    private int await(Process process, Runnable heartbeat) throws IOException {
        long end = System.nanoTime() + limit.toNanos();
        try {
            while (!process.waitFor(HEARTBEAT.toMillis(), TimeUnit.MILLISECONDS)) {
                if (System.nanoTime() - end > 0) {
                    throw new AssetException(
                            "npm took longer than " + limit.toSeconds() + " seconds");
                }
                heartbeat.run();
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted while npm was running");
        }
    }

    private static Path tarballIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> tarballs = files.filter(file -> file.toString().endsWith(".tgz")).toList();
            if (tarballs.size() != 1) {
                throw new AssetException("npm left " + tarballs.size() + " tarballs, not 1");
            }
            return tarballs.get(0);
        }
    }

    /** The first lines of what npm wrote to its error output: they hold the error code. */
    private static String reported(Path log) throws IOException {
        String lines =
                new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
                        .lines()
                        .filter(line -> line.startsWith("npm error") || line.startsWith("npm ERR!"))
                        .map(line -> line.replaceFirst("^npm (error|ERR!)", "").strip())
                        .filter(line -> !line.isEmpty())
                        .limit(REPORTED_LINES)
                        .collect(Collectors.joining("; "));
        return lines.isEmpty() ? "" : ": " + lines;
    }
}
