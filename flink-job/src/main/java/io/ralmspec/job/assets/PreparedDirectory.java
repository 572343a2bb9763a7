package io.ralmspec.job.assets;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A directory made from packages by a recipe. {@code SHA256SUMS} in it names the recipe and the
 * checksum of every file, so that a damaged directory, or one of an older product version, is made
 * anew. It appears under its final name only when it is whole.
 */
final class PreparedDirectory {
    private static final String SUMS = "SHA256SUMS";

    private PreparedDirectory() {}

    /** Fills a new, empty directory. */
    @FunctionalInterface
    interface Contents {
        void writeTo(Path directory) throws IOException;
    }

    /**
     * @param recipe one line that changes whenever {@code contents} would write something else
     * @return {@code target}
     */
    static Path prepare(Path target, String recipe, Contents contents) throws IOException {
        if (isIntact(target, recipe)) {
            return target;
        }
        Path parent = Files.createDirectories(target.toAbsolutePath().getParent());
        // Not createTempDirectory: what is kept must be readable by whom the umask says.
        Path temporary = Files.createDirectory(parent.resolve(".new-" + UUID.randomUUID()));
        try {
            contents.writeTo(temporary);
            Files.write(temporary.resolve(SUMS), sums(temporary, recipe));
            replace(target, temporary, recipe);
        } finally {
            deleteTree(temporary);
        }
        return target;
    }

    /** Every file written then is there and unchanged. Files added since do not matter. */
    private static boolean isIntact(Path directory, String recipe) throws IOException {
        Path sums = directory.resolve(SUMS);
        if (!Files.isRegularFile(sums)) {
            return false;
        }
        List<String> lines = Files.readAllLines(sums);
        return !lines.isEmpty()
                && lines.get(0).equals("# " + recipe)
                && sums(directory, recipe).containsAll(lines);
    }

    /** Readable by {@code sha256sum -c}, which skips the first line. */
    private static List<String> sums(Path directory, String recipe) throws IOException {
        List<String> lines = new ArrayList<>(List.of("# " + recipe));
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path file : tree.filter(Files::isRegularFile).sorted().toList()) {
                String name = directory.relativize(file).toString().replace('\\', '/');
                if (!name.equals(SUMS)) {
                    lines.add(Sha256.of(file) + "  " + name);
                }
            }
        }
        return lines;
    }

    /** Another process may have been faster: its result is as good and may be in use already. */
    private static void replace(Path target, Path whole, String recipe) throws IOException {
        Path old = whole.resolveSibling(whole.getFileName() + ".old");
        if (isIntact(target, recipe)) {
            return;
        }
        try {
            if (Files.exists(target)) {
                Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
            }
            Files.move(whole, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (!isIntact(target, recipe)) {
                throw e;
            }
        } finally {
            deleteTree(old);
        }
    }

    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(root)) {
            tree.sorted(Comparator.reverseOrder()).forEach(PreparedDirectory::delete);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
