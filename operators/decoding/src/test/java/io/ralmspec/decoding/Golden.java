package io.ralmspec.decoding;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Array;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an earlier version wrote into state: its bytes, and in words what they say. One text file
 * each, kept for ever: base64 first, then a line {@code path = value} per value. A version that
 * adds a value still says all these lines.
 *
 * @param name of the file, {@code v<version>-<what it is>}
 * @param described the lines of {@link #describe}
 */
public record Golden(String name, byte[] bytes, List<String> described) {
    /** Set to write the files of the version at hand; those of others are never written. */
    public static boolean writing() {
        return Boolean.getBoolean("ralmspec.write-golden");
    }

    /** All files of a directory, by name. */
    public static List<Golden> readAll(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().map(Golden::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Golden read(Path file) {
        try {
            List<String> lines = Files.readAllLines(file);
            return new Golden(
                    file.getFileName().toString().replace(".txt", ""),
                    Base64.getDecoder().decode(lines.getFirst()),
                    lines.subList(1, lines.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes the file of something that has these bytes. */
    public static void write(Path directory, String name, byte[] bytes, Object described) {
        List<String> lines = new ArrayList<>();
        lines.add(Base64.getEncoder().encodeToString(bytes));
        lines.addAll(describe(described));
        try {
            Files.createDirectories(directory);
            Files.write(directory.resolve(name + ".txt"), lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every value in a record, with the path to it. */
    public static List<String> describe(Object value) {
        List<String> lines = new ArrayList<>();
        describe("", value, lines);
        return lines;
    }

    private static void describe(String path, @Nullable Object value, List<String> lines) {
        if (value instanceof Record) {
            for (RecordComponent component : value.getClass().getRecordComponents()) {
                String prefix = path.isEmpty() ? "" : path + ".";
                describe(prefix + component.getName(), read(component, value), lines);
            }
        } else if (value instanceof List<?> list) {
            lines.add(path + ".size = " + list.size());
            for (int i = 0; i < list.size(); i++) {
                describe(path + "[" + i + "]", list.get(i), lines);
            }
        } else if (value != null && value.getClass().isArray()) {
            Object[] values = new Object[Array.getLength(value)];
            Arrays.setAll(values, i -> Array.get(value, i));
            lines.add(path + " = " + Arrays.toString(values));
        } else if (value instanceof String text) {
            lines.add(path + " = \"" + text + "\"");
        } else {
            lines.add(path + " = " + value);
        }
    }

    private static @Nullable Object read(RecordComponent component, Object value) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
