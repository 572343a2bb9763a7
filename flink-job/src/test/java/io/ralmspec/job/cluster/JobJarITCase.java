package io.ralmspec.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What is in the jar that is submitted, and what must not be. */
class JobJarITCase {
    private static final Pattern NATIVE = Pattern.compile(".*\\.(so|dll|dylib|jnilib)(\\.\\d+)*");

    @Test
    void theJobJarHasNoNativesNoFlinkNoBrokerAndNoLogging() {
        assertThat(ClusterFiles.entries(ClusterFiles.JOB_JAR))
                .noneMatch(name -> NATIVE.matcher(name).matches());
        List<String> classes = ClusterFiles.classes(ClusterFiles.JOB_JAR);
        assertThat(classes)
                .contains(
                        "io/ralmspec/job/RalmSpecJob.class",
                        "io/ralmspec/model/OnnxLanguageModel.class",
                        "org/apache/flink/connector/kafka/source/KafkaSource.class",
                        "org/apache/kafka/clients/producer/KafkaProducer.class",
                        "org/apache/lucene/index/IndexWriter.class")
                .noneMatch(
                        name ->
                                name.startsWith("kafka/")
                                        || name.startsWith("scala/")
                                        || name.startsWith("org/apache/kafka/server/KRaft")
                                        || name.startsWith("org/slf4j/")
                                        || name.startsWith("org/apache/logging/")
                                        || name.startsWith("ai/")
                                        || name.startsWith("org/rocksdb/"));
        assertThat(classes.stream().filter(name -> name.startsWith("org/apache/flink/")))
                .isNotEmpty()
                .noneMatch(name -> name.startsWith("org/apache/flink/runtime/"));
    }

    @Test
    void whatTheJobTakesFromTheClustersLibIsThere() {
        Set<String> natives = new HashSet<>();
        Set<String> classes = new HashSet<>();
        for (Path jar : ClusterFiles.clusterLib()) {
            ClusterFiles.entries(jar).stream()
                    .filter(name -> NATIVE.matcher(name).matches())
                    .forEach(natives::add);
            classes.addAll(ClusterFiles.classes(jar));
        }
        assertThat(natives)
                .anyMatch(name -> name.contains("linux-x64/libonnxruntime.so"))
                .anyMatch(name -> name.contains("libtokenizers.so"))
                .anyMatch(name -> name.contains("libzstd"));
        assertThat(classes)
                .contains("ai/onnxruntime/OrtEnvironment.class", "com/sun/jna/Native.class");
    }

    @Test
    void librariesFindTheirServicesAndTheirFasterClasses() throws Exception {
        try (JarFile jar = new JarFile(ClusterFiles.JOB_JAR.toFile())) {
            assertThat(jar.getManifest().getMainAttributes().getValue("Multi-Release"))
                    .isEqualTo("true");
            assertThat(jar.getManifest().getMainAttributes().getValue("Main-Class"))
                    .isEqualTo("io.ralmspec.job.RalmSpecJob");
            List<String> names = jar.stream().map(entry -> entry.getName()).toList();
            assertThat(names)
                    .anyMatch(name -> name.startsWith("META-INF/versions/21/com/fasterxml/"))
                    .contains("META-INF/services/org.apache.lucene.codecs.Codec");
            assertThat(duplicates(names)).isEmpty();
        }
    }

    private static Collection<String> duplicates(List<String> names) {
        Set<String> seen = new HashSet<>();
        return Arrays.asList(names.stream().filter(name -> !seen.add(name)).toArray(String[]::new));
    }
}
