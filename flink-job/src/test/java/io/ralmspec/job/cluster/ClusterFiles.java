package io.ralmspec.job.cluster;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the build makes for a cluster, and the jars of Flink. */
final class ClusterFiles {
    /** What is submitted. */
    static final Path JOB_JAR = Path.of("target/ralmspec-job.jar").toAbsolutePath();

    /** What goes to the cluster's lib/. */
    static final Path CLUSTER_LIB = Path.of("target/cluster-lib").toAbsolutePath();

    private ClusterFiles() {}

    static List<Path> clusterLib() {
        try (Stream<Path> files = Files.list(CLUSTER_LIB)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The class path of the cluster's processes: lib/ and Flink, and nothing of the job's. */
    static String classPath() {
        List<Path> jars = new ArrayList<>(clusterLib());
        Set<Path> names = jars.stream().map(Path::getFileName).collect(Collectors.toSet());
        Set<String> inTheJob = new HashSet<>(classes(JOB_JAR));
        for (Path jar : runtimeClassPath()) {
            // A broker is no part of a Flink cluster.
            if (names.contains(jar.getFileName())
                    || jar.toString().contains("/org/apache/kafka/")) {
                continue;
            }
            List<String> classes = classes(jar);
            if (classes.isEmpty() || !inTheJob.contains(classes.getFirst())) {
                jars.add(jar);
            }
        }
        return jars.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }

    /** The names of the jar's entries for classes of all Java versions. */
    static List<String> classes(Path jar) {
        return entries(jar).stream()
                .filter(name -> name.endsWith(".class"))
                .filter(name -> !name.startsWith("META-INF/") && !name.equals("module-info.class"))
                .toList();
    }

    static List<String> entries(Path jar) {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.stream().map(entry -> entry.getName()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> runtimeClassPath() {
        try {
            String line = Files.readString(Path.of("target/ralmspec.classpath")).strip();
            return Stream.of(line.split(File.pathSeparator)).map(Path::of).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
