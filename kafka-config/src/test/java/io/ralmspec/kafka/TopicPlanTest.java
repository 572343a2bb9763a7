package io.ralmspec.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.RequestLimits;
import io.ralmspec.kafka.TopicPlan.Role;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TopicPlanTest {
    private static final TopicPlan PLAN = TopicPlan.load();

    @Test
    void hasTheFourTopics() {
        assertThat(PLAN.topics())
                .extracting(TopicDefinition::name)
                .containsExactly(
                        "ralm.requests", "ralm.answers", "ralm.deltas", "ralm.dead-letters");
        assertThat(PLAN.topics())
                .allSatisfy(
                        topic ->
                                assertThat(topic.config())
                                        .containsKeys(
                                                "cleanup.policy",
                                                "retention.ms",
                                                "max.message.bytes"));
    }

    @Test
    void recordsFitTheirTopics() {
        assertThat(PLAN.requests().maxMessageBytes())
                .isEqualTo(16 << 20)
                .isGreaterThan(RequestLimits.DEFAULT.maxRequestBytes());
        assertThat(PLAN.answers().maxMessageBytes())
                .isGreaterThan(
                        AnswerSerializer.DEFAULT_MAX_ANSWER_BYTES + HeaderList.MAX_COPIED_BYTES);
        assertThat(PLAN.deadLetters().maxMessageBytes())
                .isGreaterThan(DeadLetterSerializer.DEFAULT_MAX_RECORD_BYTES)
                .isGreaterThan(PLAN.requests().maxMessageBytes());
    }

    @Test
    void namesAndPartitionsCanBeOverridden() {
        TopicPlan plan =
                PLAN.withName(Role.REQUESTS, "in")
                        .withPartitions(Role.REQUESTS, 3)
                        .withName(Role.ANSWERS, "out")
                        .withName(Role.DELTAS, "parts")
                        .withName(Role.DEAD_LETTERS, "dead");

        assertThat(plan.requests().partitions()).isEqualTo(3);
        assertThat(plan.requests().config()).isEqualTo(PLAN.requests().config());
        assertThat(plan.topics())
                .extracting(TopicDefinition::name)
                .containsExactly("in", "out", "parts", "dead");
        for (Role role : Role.values()) {
            assertThat(plan.topic(role)).isSameAs(plan.topics().get(role.ordinal()));
        }
    }

    @Test
    void refusesWhatKafkaWouldRefuse() {
        assertThatThrownBy(() -> PLAN.withName(Role.ANSWERS, "ralm.requests"))
                .hasMessage("topics must have different names (got ralm.requests twice)");
        assertThatThrownBy(() -> PLAN.withName(Role.ANSWERS, "a b"))
                .hasMessage(
                        "topic name must be 1 to 249 letters, digits, dots, underscores or hyphens"
                                + " (got \"a b\")");
        assertThatThrownBy(() -> PLAN.withName(Role.ANSWERS, ".."))
                .hasMessageStartingWith("topic name must be");
        assertThatThrownBy(() -> PLAN.withPartitions(Role.DELTAS, 0))
                .hasMessage("`partitions` of topic ralm.deltas must be >= 1 (got 0)");
        assertThatThrownBy(() -> new TopicDefinition("t", 1, Map.of("max.message.bytes", "1MB")))
                .hasMessage("`max.message.bytes` of topic t must be a number of bytes (got 1MB)");
        assertThatThrownBy(() -> new TopicDefinition("t", 1, Map.of()))
                .hasMessage("`max.message.bytes` of topic t must be a number of bytes (got null)");
        assertThatThrownBy(() -> PLAN.commands("b:9092", 0))
                .hasMessage("`replicationFactor` must be in [1, 32767] (got 0)");
    }

    @Test
    void printsCommands() {
        assertThat(PLAN.commands("broker:9092", 3))
                .hasSize(4)
                .contains(
                        "kafka-topics.sh --bootstrap-server broker:9092 --create --if-not-exists"
                                + " --topic ralm.requests --partitions 8 --replication-factor 3"
                                + " --config cleanup.policy=delete"
                                + " --config max.message.bytes=16777216"
                                + " --config min.insync.replicas=2"
                                + " --config retention.ms=604800000");
        assertThat(PLAN.commands("broker:9092", 1))
                .allSatisfy(command -> assertThat(command).contains("min.insync.replicas=1"));
    }
}
