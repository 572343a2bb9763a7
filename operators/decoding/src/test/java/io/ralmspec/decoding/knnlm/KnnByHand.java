package io.ralmspec.decoding.knnlm;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.ScriptedTokenizer;
import io.ralmspec.decoding.SessionCommand;
import io.ralmspec.decoding.SessionEvent;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import io.ralmspec.decoding.StrideSettings;
import io.ralmspec.decoding.Transition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** A session whose workers are the test: what they answer is given by hand. */
abstract class KnnByHand {
    static final int MAX_STRIDE = 8;
    static final SpeculationPolicy THREE = SpeculationPolicy.fixed(3, 1);
    static final SpeculationPolicy CONTINUOUS =
            new SpeculationPolicy(StrideRule.CONTINUOUS, 1, 1, true, false, false);

    final KnnDecoder decoder = decoder(1);
    final List<SessionCommand> commands = new ArrayList<>();
    KnnState state = KnnRequests.submitted("r", 20, DecodingMode.KNN_LM, THREE, false);

    void start(SpeculationPolicy policy) {
        state = KnnRequests.submitted("r", 20, DecodingMode.KNN_LM, policy, false);
        prepare();
    }

    void prepare() {
        apply(decoder.start(state, Estimates.UNKNOWN, 1_000));
        step(new KnnEvent.Prepared(state.generating(), new int[] {7, 8}, 0));
    }

    /** A round in which all was right. */
    void round(int... tokens) {
        speculated(tokens);
        searched(Arrays.copyOf(new int[] {5, 6, 7}, tokens.length));
        settled(tokens);
    }

    void speculated(int... tokens) {
        step(new KnnEvent.Speculated(state.generating(), tokens, keys(tokens.length), 0.1));
    }

    /** Each key has one neighbour. */
    void searched(int... positions) {
        step(new KnnEvent.Searched(state.verifying(), found(positions), 1));
    }

    void settled(int... tokens) {
        step(new KnnEvent.Settled(state.settling(), tokens, 0.01));
    }

    void failed(ErrorCode code, int epoch) {
        step(new SessionEvent.Failed(epoch, code, "why"));
    }

    void stale(SessionEvent event) {
        Transition<KnnState> transition = decoder.step(state, event, 2_000);
        assertThat(transition.state()).isSameAs(state);
        assertThat(transition.commands()).isEmpty();
    }

    void step(SessionEvent event) {
        apply(decoder.step(state, event, 2_000));
    }

    void apply(Transition<KnnState> transition) {
        state = KnnState.fromBytes(transition.state().toBytes());
        commands.clear();
        commands.addAll(transition.commands());
    }

    KnnCommand.Speculate speculation() {
        return only(KnnCommand.Speculate.class);
    }

    KnnCommand.Search search() {
        return only(KnnCommand.Search.class);
    }

    KnnCommand.Settle settling() {
        return only(KnnCommand.Settle.class);
    }

    Answer answer() {
        return only(SessionCommand.Finish.class).answer();
    }

    <T extends SessionCommand> T only(Class<T> type) {
        List<T> found = commands.stream().filter(type::isInstance).map(type::cast).toList();
        assertThat(found).hasSize(1);
        return found.getFirst();
    }

    static List<float[]> keys(int count) {
        return Collections.nCopies(count, new float[] {1, 2});
    }

    static List<Neighbours> found(int... positions) {
        return IntStream.of(positions)
                .mapToObj(p -> new Neighbours(new int[] {p}, new float[1], new int[] {p}))
                .toList();
    }

    static KnnDecoder decoder(long seed) {
        return new KnnDecoder(
                new ModelProfile(100, 1, List.of(0)),
                new ScriptedTokenizer(),
                new ScriptedDatastore(new ScriptedCorpus(seed, 10), 0),
                new StrideSettings(MAX_STRIDE, 0.9, 5));
    }
}
