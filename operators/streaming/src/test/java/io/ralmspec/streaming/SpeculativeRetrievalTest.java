package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Submission;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.runtime.jobgraph.JobVertex;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.apache.flink.streaming.runtime.partitioner.ForwardPartitioner;
import org.apache.flink.streaming.runtime.partitioner.KeyGroupStreamPartitioner;
import org.junit.jupiter.api.Test;

class SpeculativeRetrievalTest {
    @Test
    void uidsNeverChange() throws IOException {
        try (InputStream golden = getClass().getResourceAsStream("/operator-uids.txt")) {
            assertThat(Arrays.stream(OperatorUids.values()).map(OperatorUids::uid))
                    .containsExactlyElementsOf(
                            new String(golden.readAllBytes(), StandardCharsets.UTF_8)
                                    .lines()
                                    .toList());
        }
        assertThat(OperatorUids.MAX_PARALLELISM).isEqualTo(720);
    }

    @Test
    void theLoopIsWiredForwardInOneSlot() {
        Map<String, StreamNode> nodes = nodes(graph(OperatorOptions.DEFAULT));
        for (OperatorUids operator : OperatorUids.values()) {
            StreamNode node = nodes.get(operator.uid());
            assertThat(node.getTransformationUID()).isEqualTo(operator.uid());
            assertThat(node.getMaxParallelism()).isEqualTo(OperatorUids.MAX_PARALLELISM);
            assertThat(node.getParallelism()).isEqualTo(3);
            assertThat(node.getBufferTimeout()).isZero();
            assertThat(node.getCoLocationGroup()).isEqualTo("ralmspec-loop");
            assertThat(node.getSlotSharingGroup()).isEqualTo("default");
        }
        assertThat(nodes.get("speculative-retrieval").getInEdges())
                .singleElement()
                .satisfies(
                        edge ->
                                assertThat(edge.getPartitioner())
                                        .isInstanceOf(KeyGroupStreamPartitioner.class));
        for (String name : List.of("verification", "feedback")) {
            assertThat(nodes.get(name).getInEdges())
                    .singleElement()
                    .satisfies(
                            edge ->
                                    assertThat(edge.getPartitioner())
                                            .isInstanceOf(ForwardPartitioner.class));
        }
    }

    @Test
    void everyStageIsAVertexOfItsOwn() {
        assertThat(vertexNames(OperatorOptions.DEFAULT))
                .contains("speculative-retrieval", "verification", "feedback");
    }

    @Test
    void theLoopCanBeOneVertex() {
        assertThat(vertexNames(Options.chained(OperatorOptions.DEFAULT)))
                .anyMatch(
                        name ->
                                name.contains("speculative-retrieval")
                                        && name.contains("verification -> feedback"));
    }

    private static List<String> vertexNames(OperatorOptions options) {
        return graph(options).getJobGraph().getVerticesSortedTopologicallyFromSources().stream()
                .map(JobVertex::getName)
                .toList();
    }

    private static Map<String, StreamNode> nodes(StreamGraph graph) {
        Map<String, StreamNode> nodes = new HashMap<>();
        graph.getStreamNodes().forEach(node -> nodes.put(node.getOperatorName(), node));
        return nodes;
    }

    private static StreamGraph graph(OperatorOptions options) {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setParallelism(3);
        SpeculativeRetrieval.Streams streams =
                SpeculativeRetrieval.attach(
                        env.fromData(
                                TypeInformation.of(Submission.class),
                                Requests.submit(Requests.simple("a"))),
                        new ScriptedServing(1),
                        options);
        streams.answers().sinkTo(new DiscardingSink<>()).name("answers");
        streams.deltas().sinkTo(new DiscardingSink<>()).name("deltas");
        streams.deadLetters().sinkTo(new DiscardingSink<>()).name("dead-letters");
        return env.getStreamGraph();
    }
}
