package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.CallCost;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.SessionState;
import org.junit.jupiter.api.Test;

class RunningEstimatesTest {
    private static final Estimates FAST = estimates(0.01, 0.9);
    private static final Estimates SLOW = estimates(0.1, 0.5);

    private final RunningEstimates estimates = new RunningEstimates();

    @Test
    void areUnknownAtFirst() {
        assertThat(estimates.expected(request(RetrieverKind.EXACT))).isEqualTo(Estimates.UNKNOWN);
        assertThat(estimates.last()).isEqualTo(Estimates.UNKNOWN);
    }

    @Test
    void areThoseOfTheLastSessionOfTheRetriever() {
        estimates.learn(ended(RetrieverKind.EXACT, FAST, 1));
        estimates.learn(ended(RetrieverKind.EXACT, SLOW, 1));
        estimates.learn(ended(RetrieverKind.BM25, FAST, 1));
        assertThat(estimates.expected(request(RetrieverKind.EXACT))).isEqualTo(SLOW);
        assertThat(estimates.expected(request(RetrieverKind.BM25))).isEqualTo(FAST);
        assertThat(estimates.expected(request(RetrieverKind.HNSW))).isEqualTo(Estimates.UNKNOWN);
        assertThat(estimates.last()).isEqualTo(FAST);
    }

    @Test
    void aSessionThatRanNoStepLeavesThemAsTheyWere() {
        estimates.learn(ended(RetrieverKind.EXACT, FAST, 1));
        estimates.learn(ended(RetrieverKind.EXACT, SLOW, 0));
        assertThat(estimates.expected(request(RetrieverKind.EXACT))).isEqualTo(FAST);
        assertThat(estimates.last()).isEqualTo(FAST);
    }

    private static Estimates estimates(double step, double gamma) {
        CallCost none = CallCost.UNKNOWN;
        return new Estimates(step, step, none, none, none, gamma, 0);
    }

    @Test
    void aSessionWithoutGuessesLeavesGammaAsOthersFoundIt() {
        estimates.learn(ended(RetrieverKind.EXACT, FAST, 1));
        estimates.learn(ended(RetrieverKind.EXACT, SLOW, 1, 0));
        assertThat(estimates.expected(request(RetrieverKind.EXACT)))
                .isEqualTo(SLOW.withGamma(FAST.gamma()));
    }

    private static DecodingRequest request(RetrieverKind retriever) {
        DecodingRequest simple = Requests.simple("a");
        return new DecodingRequest(
                simple.id(),
                simple.prompt(),
                simple.maxTokens(),
                simple.stop(),
                simple.sampling(),
                simple.retrieval().with(retriever),
                simple.stream(),
                simple.deadlineMillis());
    }

    private static SessionState ended(RetrieverKind retriever, Estimates learnt, int modelSteps) {
        return ended(retriever, learnt, modelSteps, 1);
    }

    private static SessionState ended(
            RetrieverKind retriever, Estimates learnt, int modelSteps, int guesses) {
        SessionState s = SessionState.submitted(request(retriever), 1_000);
        return new SessionState(
                s.request(),
                s.receivedMillis(),
                s.knowledgeBase(),
                s.phase(),
                s.epoch(),
                s.generating(),
                s.verifying(),
                s.asked(),
                s.topN(),
                s.stepBeside(),
                s.callBeside(),
                s.transcript(),
                s.steps(),
                s.cache(),
                learnt,
                s.outcomes(),
                new Counters(0, guesses, 0, 0, 0, 0, 0, 0, 0, 0, modelSteps),
                s.timings());
    }
}
