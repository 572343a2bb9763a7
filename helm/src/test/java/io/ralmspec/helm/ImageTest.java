package io.ralmspec.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ralmspec.job.OptionsReader;
import io.ralmspec.job.RalmSpecJob;
import io.ralmspec.kafka.TopicPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.junit.jupiter.api.Test;

/** What can be checked of image and compose file without a Docker engine. */
class ImageTest {
    private static final Path ROOT = Path.of("..");
    private static final Path COMPOSE = Path.of("docker-compose.yaml");
    private static final String JAR = "/opt/flink/usrlib/ralmspec-job.jar";

    @Test
    void theImageHasTheFlinkThatTheJobIsBuiltWith() {
        String pom = Chart.read(ROOT.resolve("pom.xml"));
        Matcher version = Pattern.compile("<flink.version>([0-9.]+)</flink.version>").matcher(pom);
        assertThat(version.find()).isTrue();

        assertThat(dockerfile())
                .contains("FLINK_IMAGE=flink:%s-java21".formatted(version.group(1)));
    }

    @Test
    void whatIsCopiedIsInTheRepositoryOrMadeByTheBuild() {
        List<String> local = new ArrayList<>();
        List<String> built = new ArrayList<>();
        for (String line : instructions("COPY")) {
            List<String> words =
                    List.of(line.split(" ")).stream()
                            .filter(each -> !each.startsWith("--"))
                            .toList();
            (line.contains("--from=build") ? built : local)
                    .addAll(
                            line.contains("--from=cuda")
                                    ? List.of()
                                    : words.subList(0, words.size() - 1));
        }

        assertThat(local).containsExactly(".", "helm/image/ralmspec");
        assertThat(local).allSatisfy(each -> assertThat(ROOT.resolve(each)).exists());
        assertThat(built)
                .containsExactly(
                        "/src/flink-job/target/cluster-lib/",
                        "/src/flink-job/target/ralmspec-job.jar");
    }

    @Test
    void chartImageAndComposeFileRunTheSameClassInTheSameJar() throws Exception {
        assertThat(dockerfile()).contains(" " + JAR + "\n");
        assertThat(Chart.minimal().deployment().at("/spec/job/jarURI").asText())
                .isEqualTo("local://" + JAR);
        assertThat(compose().at("/services/jobmanager/command").asText())
                .contains("--job-classname " + RalmSpecJob.class.getName() + " -- --config ");
        String launcher = Chart.read(Path.of("image/ralmspec"));
        assertThat(launcher).contains(JAR);
        Matcher main = Pattern.compile("(io\\.ralmspec\\.[a-zA-Z.]+) \"\\$@\"").matcher(launcher);
        assertThat(main.find()).isTrue();
        assertThat(Class.forName(main.group(1)).getMethod("main", String[].class)).isNotNull();
        assertThat(Path.of("image/ralmspec")).isExecutable();
    }

    @Test
    void everyShellStepParses() throws Exception {
        List<String> steps = instructions("RUN");
        assertThat(steps).hasSizeGreaterThanOrEqualTo(5);
        for (String step : steps) {
            parse(step.replaceFirst("^(--[a-z]+=\\S+ )+", ""));
        }
        parse(Chart.read(Path.of("image/ralmspec")));
        parse(compose().at("/services/topics/command/0").asText());
    }

    private static void parse(String script) throws IOException, InterruptedException {
        Path file = Files.createTempFile("step", ".sh");
        try {
            Files.writeString(file, script);
            Process process =
                    new ProcessBuilder("/bin/sh", "-n", file.toString())
                            .redirectErrorStream(true)
                            .start();
            String output =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as("%s\n%s", output, script).isZero();
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void composeMakesThePlansTopics() {
        List<String> commands =
                compose().at("/services/topics/command/0").asText().lines().toList();

        assertThat(commands).isEqualTo(TopicPlan.load().commands("kafka:9092", 1));
    }

    @Test
    void composeGivesTheJobOptionsThatItTakes() {
        Configuration options = OptionsReader.read(List.of("--config", "compose/ralmspec.yaml"));

        List<String> targets = new ArrayList<>();
        compose().at("/x-flink/volumes").forEach(each -> targets.add(each.asText()));
        for (String name : List.of("model", "encoder", "knowledge")) {
            String directory = options.toMap().get("ralmspec.%s.directory".formatted(name));
            assertThat(targets).anyMatch(each -> each.endsWith(":" + directory + ":ro"));
        }
    }

    @Test
    void composeGivesFlinkSettingsThatItKnows() {
        Map<String, String> settings = new LinkedHashMap<>();
        compose()
                .at("/x-flink/environment/FLINK_PROPERTIES")
                .asText()
                .lines()
                .map(each -> each.split(": ", 2))
                .forEach(each -> settings.put(each[0], each[1]));

        Configuration configuration = FlinkSettings.check(settings);

        assertThat(
                        TaskExecutorProcessUtils.processSpecFromConfig(configuration)
                                .getTaskHeapSize()
                                .getMebiBytes())
                .isGreaterThan(1000);
        Map<String, String> chart = Chart.minimal().flinkConfiguration();
        assertThat(settings.get("classloader.parent-first-patterns.additional"))
                .isEqualTo(chart.get("classloader.parent-first-patterns.additional"));
        assertThat(chart.get("env.java.opts.taskmanager"))
                .startsWith(settings.get("env.java.opts.taskmanager"));
    }

    private static JsonNode compose() {
        return Chart.yaml(COMPOSE);
    }

    private static String dockerfile() {
        return Chart.read(Path.of("Dockerfile"));
    }

    /** The arguments of each such instruction, with lines joined. */
    private static List<String> instructions(String name) {
        return dockerfile()
                .replaceAll("(?m)^#.*\n", "")
                .replaceAll("\\\\\n *", "")
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .map(line -> line.substring(name.length() + 1))
                .toList();
    }
}
