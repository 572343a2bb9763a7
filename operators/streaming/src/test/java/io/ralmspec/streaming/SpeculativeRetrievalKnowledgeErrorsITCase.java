package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.ScriptedTokenizer;
import io.ralmspec.decoding.Seeds;
import io.ralmspec.decoding.Submission;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.JobID;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.testutils.InMemoryReporter;
import org.apache.flink.test.junit5.InjectMiniCluster;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The loop on a cluster answers errors of the knowledge base and goes on. */
class SpeculativeRetrievalKnowledgeErrorsITCase {
    private static final InMemoryReporter REPORTER = InMemoryReporter.createWithRetainedMetrics();

    @RegisterExtension static final MiniClusterExtension CLUSTER = ClusterLoop.cluster(REPORTER);

    @TempDir static Path directory;

    @RegisterExtension final ClusterLoop loop = new ClusterLoop(REPORTER, directory);
    private final ScriptedServing serving = loop.serving;
    private final ClusterLoop.Run run = loop.run;

    @Test
    void failuresOfTheKnowledgeBaseAreRetriedThenAnsweredAndDisturbNobody(
            @InjectMiniCluster MiniCluster cluster) throws Exception {
        List<DecodingRequest> requests = Requests.random(Seeds.first() + 4, 100);
        DecodingRequest flaky = Requests.simple("flaky");
        DecodingRequest bad = Requests.simple("bad");
        List<Submission> submissions = new ArrayList<>();
        submissions.add(Requests.submit(flaky));
        submissions.add(Requests.submit(bad));
        requests.forEach(request -> submissions.add(Requests.submit(request)));
        run.submit(submissions);
        AtomicInteger flakyFailures = new AtomicInteger();
        AtomicInteger badAlone = new AtomicInteger();
        serving.control().beforeSearch =
                queries -> {
                    if (queries.stream().anyMatch(q -> q.text().equals(firstQuery(bad)))) {
                        badAlone.addAndGet(queries.size() == 1 ? 1 : 0);
                        throw new IllegalStateException("on purpose");
                    }
                    if (queries.size() == 1
                            && queries.getFirst().text().equals(firstQuery(flaky))
                            && flakyFailures.incrementAndGet() <= 2) {
                        throw new IllegalStateException("on purpose, at first");
                    }
                };
        JobID job =
                ClusterLoop.finish(
                        cluster,
                        loop.jobGraph(2, Options.verification(Duration.ofSeconds(30), 3), 100_000));
        assertThat(badAlone).as("attempts").hasValue(3);
        Answer answer = run.answer("bad");
        assertThat(answer.finishReason()).isEqualTo(FinishReason.ERROR);
        assertThat(answer.error().code()).isEqualTo(ErrorCode.RETRIEVAL_FAILED);
        assertThat(answer.error().message()).contains("IllegalStateException");
        requests.add(flaky);
        loop.assertEachAnswerEqualsTheOracle(requests);
        assertThat(loop.sum(job, MetricName.VERIFICATION_FAILURES)).isGreaterThanOrEqualTo(3);
    }

    @Test
    void aSearchThatTakesTooLongIsAnErrorAnswerAndTheRestGoesOn(
            @InjectMiniCluster MiniCluster cluster) throws Exception {
        DecodingRequest slow = Requests.simple("slow");
        List<DecodingRequest> requests = Requests.random(Seeds.first() + 5, 60);
        // Each retriever has one thread: those of the slow one's would wait behind it.
        requests.removeIf(r -> r.retrieval().retriever() == slow.retrieval().retriever());
        List<Submission> submissions = new ArrayList<>();
        submissions.add(Requests.submit(slow));
        requests.forEach(request -> submissions.add(Requests.submit(request)));
        run.submit(submissions);
        AtomicInteger hits = new AtomicInteger();
        serving.control().beforeSearch =
                queries -> {
                    if (queries.stream().anyMatch(q -> q.text().equals(firstQuery(slow)))) {
                        hits.incrementAndGet();
                        Thread.sleep(1_500);
                    }
                };
        JobID job =
                ClusterLoop.finish(
                        cluster,
                        loop.jobGraph(2, Options.verification(Duration.ofSeconds(1), 2), 100_000));
        assertThat(hits).hasPositiveValue();
        Answer answer = run.answer("slow");
        assertThat(answer.error().code()).isEqualTo(ErrorCode.RETRIEVAL_FAILED);
        assertThat(answer.error().message()).contains("within 1.0 s");
        loop.assertEachAnswerEqualsTheOracle(requests);
        assertThat(loop.sum(job, MetricName.VERIFICATION_TIMEOUTS)).isPositive();
    }

    private static String firstQuery(DecodingRequest request) {
        ScriptedTokenizer tokenizer = new ScriptedTokenizer();
        return tokenizer.decode(tokenizer.encode(request.prompt())).strip();
    }
}
