package io.ralmspec.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.job.local.EmbeddedBroker;
import io.ralmspec.kafka.ClientSettings;
import io.ralmspec.kafka.TopicPlan;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.assertj.core.api.AbstractThrowableAssert;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with Kafka is said once, before the job is submitted. */
class KafkaAtStartITCase {
    @Test
    void everyMissingTopicIsNamed(@TempDir Path directory) throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            ClientSettings clients = ClientSettings.of(broker.bootstrapServers());
            assertMain(broker.bootstrapServers())
                    .hasMessage(
                            "topics must exist (got none named ralm.requests, ralm.answers,"
                                    + " ralm.deltas, ralm.dead-letters): create them, for example"
                                    + " with `ralmspec topics --create`");
            try (Admin admin = Admin.create(clients.admin())) {
                TopicPlan.load().createMissing(admin, 1);
                TopicPlan.load().check(admin);
                admin.deleteTopics(List.of("ralm.answers")).all().get();
                // Brokers hear of it a little later.
                Awaitility.await()
                        .until(() -> !admin.listTopics().names().get().contains("ralm.answers"));
            }
            assertMain(broker.bootstrapServers())
                    .hasMessageStartingWith("topics must exist (got none named ralm.answers)");
        }
    }

    @Test
    void brokersThatAreNotThereAreNamedWithinTheTimeout() {
        long start = System.nanoTime();
        assertMain("127.0.0.1:1")
                .hasMessageStartingWith("Kafka must answer (got `")
                .hasMessageContaining("check the bootstrap servers");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertMain(
            String bootstrapServers) {
        String[] arguments = {
            "-Dralmspec.kafka.bootstrap-servers=" + bootstrapServers,
            "-Dralmspec.kafka.properties.request.timeout.ms=3000",
            "-Dralmspec.kafka.properties.default.api.timeout.ms=5000",
            "-Dralmspec.model.directory=none",
            "-Dralmspec.encoder.directory=none",
            "-Dralmspec.knowledge.directory=none"
        };
        return assertThatThrownBy(() -> RalmSpecJob.main(arguments))
                .isInstanceOf(IllegalStateException.class);
    }
}
