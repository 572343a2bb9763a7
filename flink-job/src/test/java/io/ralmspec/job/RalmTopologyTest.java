package io.ralmspec.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.kafka.TopicPlan;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RalmTopologyTest {
    /** The same for both, so that a job may go from one delivery to the other. */
    @ParameterizedTest
    @ValueSource(strings = {"at-least-once", "exactly-once"})
    void uidsAreTheOnesThatSavepointsKnow(String delivery) {
        StreamGraph graph =
                graph(
                        Map.of(
                                JobOptions.DELIVERY.key(),
                                delivery,
                                JobOptions.TRANSACTIONAL_ID_PREFIX.key(),
                                "test"));
        List<String> uids =
                graph.getStreamNodes().stream().map(StreamNode::getTransformationUID).toList();
        assertThat(uids)
                .containsExactlyInAnyOrder(
                        "requests",
                        "parse",
                        "speculative-retrieval",
                        "verification",
                        "feedback",
                        "answers",
                        "deltas",
                        "dead-letters",
                        "Sink Committer: answers",
                        "Sink Committer: deltas",
                        "Sink Committer: dead-letters");
    }

    @Test
    void aProducerThatCannotCarryADeadLetterIsRefused() {
        assertThatThrownBy(
                        () -> graph(Map.of("ralmspec.kafka.properties.max.request.size", "1000")))
                .hasMessageContaining("`max.request.size` of producers must be >=");
    }

    @Test
    void whatTheUserConfiguresWins() {
        Configuration user = new Configuration();
        user.setString("state.backend.type", "hashmap");
        Map<String, String> missing = FlinkDefaults.missingFrom(user).toMap();
        assertThat(missing)
                .doesNotContainKey("state.backend.type")
                .containsEntry("execution.buffer-timeout.interval", "0 ms")
                .containsEntry("pipeline.generic-types", "false");
    }

    @Test
    void optionsAndTopicPlanHaveTheSameNames() {
        TopicPlan plan = TopicPlan.load();
        assertThat(JobOptions.REQUESTS_TOPIC.defaultValue()).isEqualTo(plan.requests().name());
        assertThat(JobOptions.ANSWERS_TOPIC.defaultValue()).isEqualTo(plan.answers().name());
        assertThat(JobOptions.DELTAS_TOPIC.defaultValue()).isEqualTo(plan.deltas().name());
        assertThat(JobOptions.DEAD_LETTERS_TOPIC.defaultValue())
                .isEqualTo(plan.deadLetters().name());
    }

    @Test
    void aDefaultPrefetchBeyondTheApproximateSearchIsRefused() {
        assertThatThrownBy(
                        () ->
                                graph(
                                        Map.of(
                                                JobOptions.DEFAULT_PREFETCH.key(), "64",
                                                JobOptions.KNOWLEDGE_EF_SEARCH.key(), "32")))
                .hasMessageContaining("prefetch")
                .hasMessageContaining("32");
    }

    private static StreamGraph graph(Map<String, String> more) {
        Map<String, String> values = new HashMap<>();
        values.put(JobOptions.BOOTSTRAP_SERVERS.key(), "localhost:9092");
        values.put(JobOptions.MODEL_DIRECTORY.key(), "model");
        values.put(JobOptions.ENCODER_DIRECTORY.key(), "encoder");
        values.put(JobOptions.KNOWLEDGE_DIRECTORY.key(), "index");
        values.putAll(more);
        Configuration options = OptionsReader.checked(values);
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(options);
        env.configure(FlinkDefaults.missingFrom(env.getConfiguration()));
        RalmTopology.build(env, options, new ScriptedServing(1));
        return env.getStreamGraph();
    }
}
