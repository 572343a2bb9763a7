package io.ralmspec.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.job.local.EmbeddedBroker;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code ralmspec topics} on a real broker. */
class TopicsCommandITCase {
    @TempDir static Path directory;
    private static EmbeddedBroker broker;

    private record Run(int exitCode, String out, String errors) {}

    @BeforeAll
    static void start() {
        broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
    }

    @AfterAll
    static void stop() throws Exception {
        broker.close();
    }

    @Test
    void topicsAreMissingThenMadeThenAsPlanned() throws Exception {
        Path properties =
                Files.writeString(directory.resolve("client.properties"), "client.id=somebody\n");
        String name = "--name=requests=questions";
        String file = "--properties=" + properties;

        Run before = topics("--check", name, file);
        assertThat(before.exitCode()).isOne();
        assertThat(before.out())
                .contains("topic questions must exist", "topic ralm.dead-letters must exist");

        assertThat(topics("--create", "--replication-factor=1", name).out())
                .isEqualToIgnoringNewLines(
                        "Created questions, ralm.answers, ralm.deltas, ralm.dead-letters.");
        assertThat(topics("--create", "--replication-factor=1", name).out())
                .isEqualToIgnoringNewLines("All topics are there.");

        Run after = topics("--check", name);
        assertThat(after.exitCode()).isZero();
        assertThat(after.out()).isEqualToIgnoringNewLines("All topics are as planned.");
        Run more = topics("--check", name, "--partitions=deltas=9");
        assertThat(more.exitCode()).isOne();
        assertThat(more.out()).startsWith("`partitions` of topic ralm.deltas must be >= 9 (got 8)");
        Run described = topics("--describe", name);
        assertThat(described.exitCode()).isZero();
        assertThat(described.out())
                .containsPattern("questions +cleanup.policy +delete +delete")
                .containsPattern("ralm.answers +replication factor +- +1")
                .doesNotContain("differs");
    }

    @Test
    void printsCommandsAndResourcesWithoutABroker() {
        assertThat(run("--bootstrap-servers=nowhere:1").out().lines())
                .hasSize(4)
                .allMatch(line -> line.startsWith("kafka-topics.sh --bootstrap-server nowhere:1"));
        assertThat(run("--strimzi=events", "--namespace=kafka").out())
                .contains("kind: \"KafkaTopic\"", "strimzi.io/cluster: \"events\"")
                .contains("namespace: \"kafka\"", "topicName: \"ralm.requests\"");
    }

    @Test
    void wrongWordsAreNamed() {
        assertThat(run("--name=questions=q").errors())
                .contains(
                        "--name must be for requests, answers, deltas or dead-letters (got"
                                + " questions)");
        assertThat(run("--partitions=answers=0").errors())
                .contains("`partitions` of topic ralm.answers must be >= 1 (got 0)");
        assertThat(run("--strimzi=events", "--replication-factor=0").errors())
                .contains("`replicationFactor` must be in [1, 32767] (got 0)");
        assertThat(run("--create", "--check").errors()).contains("mutually exclusive");
        assertThat(topics("--check", "--properties=" + directory.resolve("none")).errors())
                .contains("--properties must be a readable file");
    }

    private static Run topics(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--bootstrap-servers=" + broker.bootstrapServers());
        return run(all.toArray(String[]::new));
    }

    private static Run run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter errors = new StringWriter();
        List<String> all = new ArrayList<>(List.of("topics"));
        all.addAll(List.of(arguments));
        CommandLine commandLine =
                Ralmspec.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(errors));
        int exitCode = commandLine.execute(all.toArray(String[]::new));
        return new Run(exitCode, out.toString(), errors.toString());
    }
}
