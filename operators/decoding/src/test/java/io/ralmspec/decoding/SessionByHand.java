package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A session whose workers are the test: what they answer is given by hand. */
abstract class SessionByHand {
    static final Query QUERY = new Query("q", new float[0]);

    /** What the retrievers find, for every query; nothing at all if null. */
    @Nullable Hits found = Hits.EMPTY;

    final SpeculativeDecoder decoder;
    final List<SessionCommand> commands = new ArrayList<>();
    SessionState state;

    SessionByHand() {
        decoder =
                new SpeculativeDecoder(
                        new ModelProfile(100, 20, List.of(0)),
                        new ScriptedTokenizer(),
                        new ScriptedKnowledgeBase(1, 10),
                        Guessing::new,
                        StrideSettings.DEFAULT);
    }

    private final class Guessing implements Retriever {
        private final RetrieverKind kind;

        Guessing(RetrieverKind kind) {
            this.kind = kind;
        }

        @Override
        public RetrieverKind kind() {
            return kind;
        }

        @Override
        public List<Hits> search(List<Query> queries, int topN) {
            assertThat(kind).isEqualTo(RetrieverKind.HNSW);
            assertThat(topN).isEqualTo(1);
            assertThat(queries).hasSize(1);
            if (found == null) {
                throw new ScriptedFailure(ErrorCode.RETRIEVAL_FAILED);
            }
            return List.of(found);
        }

        /** The cache knows documents 4 and 5 and always prefers 5. */
        @Override
        public float[] scores(Query query, int[] documents) {
            float[] scores = new float[documents.length];
            for (int i = 0; i < scores.length; i++) {
                scores[i] = documents[i];
            }
            return scores;
        }
    }

    void submit(RetrievalScheme scheme, SpeculationPolicy policy) {
        submit("r", scheme, policy, Estimates.UNKNOWN);
    }

    void submit(String id, RetrievalScheme scheme, SpeculationPolicy policy, Estimates estimates) {
        RetrievalParameters retrieval =
                new RetrievalParameters(
                        RetrieverKind.EXACT, DecodingMode.SPECULATIVE, scheme, 0.8, 4, 32, policy);
        submit(id, retrieval, estimates);
    }

    void submit(String id, RetrievalParameters retrieval, Estimates estimates) {
        DecodingRequest request =
                new DecodingRequest(id, "p", 20, List.of(), Sampling.GREEDY, retrieval, false, 0);
        SessionState submitted = SessionState.submitted(request, 1_000);
        apply(decoder.start(submitted, estimates, 1_000));
    }

    void start(SpeculationPolicy policy) {
        start(RetrievalScheme.EVERY_STRIDE, policy);
    }

    /** The cache gets documents 4 and 5; the prompt's best is 5. */
    void start(RetrievalScheme scheme, SpeculationPolicy policy) {
        submit(scheme, policy);
        begin();
    }

    void begin() {
        apply(new Event.Prepared(1, new int[] {7, 8}, QUERY, 0));
        Hits hits = new Hits(new int[] {5, 4}, new float[] {1, 0});
        apply(new Event.Verified(state.verifying(), List.of(hits), 0));
    }

    void generated(int... tokens) {
        apply(new Event.Generated(state.generating(), tokens, QUERY, 0.1));
    }

    void generatedThree() {
        generated(1, 1, 1, 1);
        generated(2, 2, 2, 2);
        generated(3, 3, 3, 3);
    }

    void verified(int... truths) {
        List<Hits> hits = new ArrayList<>();
        for (int truth : truths) {
            hits.add(hits(truth));
        }
        apply(new Event.Verified(state.verifying(), hits, 1));
    }

    void failed(ErrorCode code, int epoch) {
        apply(new SessionEvent.Failed(epoch, code, "why"));
    }

    void apply(SessionEvent event) {
        apply(decoder.step(state, event, 2_000));
    }

    void apply(Transition<SessionState> transition) {
        state = SessionState.fromBytes(transition.state().toBytes());
        commands.clear();
        commands.addAll(transition.commands());
    }

    Command.Generate generation() {
        return only(Command.Generate.class);
    }

    Command.Verify verification() {
        return only(Command.Verify.class);
    }

    Answer answer() {
        return only(SessionCommand.Finish.class).answer();
    }

    <T extends SessionCommand> T only(Class<T> type) {
        List<T> found = commands.stream().filter(type::isInstance).map(type::cast).toList();
        assertThat(found).hasSize(1);
        return found.getFirst();
    }

    static SpeculationPolicy policy(StrideRule rule, int stride, boolean async, boolean recovery) {
        return new SpeculationPolicy(rule, stride, 1, async, recovery, false);
    }

    static Hits hits(int document) {
        return new Hits(new int[] {document}, new float[] {1});
    }
}
