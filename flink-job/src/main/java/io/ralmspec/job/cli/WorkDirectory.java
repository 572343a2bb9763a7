package io.ralmspec.job.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.util.FileUtils;

/** A directory for one run, removed when the process ends. */
final class WorkDirectory {
    private WorkDirectory() {}

    static Path create() throws IOException {
        Path directory = Files.createTempDirectory("ralmspec-");
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(() -> FileUtils.deleteDirectoryQuietly(directory.toFile())));
        return directory;
    }
}
