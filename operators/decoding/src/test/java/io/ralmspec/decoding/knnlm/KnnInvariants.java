package io.ralmspec.decoding.knnlm;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.ScriptedTokenizer;
import io.ralmspec.decoding.SessionCommand;
import io.ralmspec.decoding.SessionEvent;
import io.ralmspec.decoding.StopRules;
import io.ralmspec.decoding.Transition;
import java.util.BitSet;

/** What holds after every event of every session. */
final class KnnInvariants {
    private final KnnScenario scenario;

    KnnInvariants(KnnScenario scenario) {
        this.scenario = scenario;
    }

    void check(KnnState before, SessionEvent event, Transition<KnnState> transition) {
        KnnState after = transition.state();
        if (event instanceof KnnEvent.Settled && !after.finished()) {
            assertThat(after.transcript().generated().length)
                    .as("a search commits at least one token")
                    .isGreaterThan(before.transcript().generated().length);
        }
        assertThat(after.epoch()).isGreaterThanOrEqualTo(before.epoch());
        bounded(after);
        for (SessionCommand command : transition.commands()) {
            switch (command) {
                case KnnCommand.Speculate c -> speculates(after, c);
                case KnnCommand.Search c -> searches(after, c);
                case KnnCommand.Settle c -> {
                    assertThat(c.epoch()).isEqualTo(after.settling());
                    assertThat(c.neighbours()).hasSameSizeAs(c.context().drafts());
                }
                default -> {}
            }
        }
        if (!after.finished()) {
            assertThat(after.generating() + after.verifying() + after.settling())
                    .as("a session waits for something")
                    .isPositive();
        }
    }

    private void bounded(KnnState state) {
        assertThat(state.keys()).hasSize(state.drafts().length);
        assertThat(state.unguessed()).isBetween(0, state.drafts().length);
        assertThat(state.drafts().length)
                .as("drafts")
                .isLessThanOrEqualTo(2 * scenario.settings.maxStride());
        assertThat(state.verifying() != 0 && state.settling() != 0).as("both out").isFalse();
        int[] cache = state.cache().positions();
        assertThat(cache.length).isLessThanOrEqualTo(scenario.parameters().cacheEntries());
        BitSet entries = new BitSet();
        for (int position : cache) {
            entries.set(position);
        }
        assertThat(entries.cardinality()).as("distinct entries cached").isEqualTo(cache.length);
        assertThat(entries.length()).isLessThanOrEqualTo(scenario.datastore.size());
    }

    private void speculates(KnnState after, KnnCommand.Speculate command) {
        int[] verified = command.context().verified();
        int[] drafts = command.context().drafts();
        assertThat(command.epoch()).isEqualTo(after.generating());
        assertThat(command.count()).isPositive();
        assertThat(verified.length + drafts.length + command.count())
                .as("tokens beyond the answer's end")
                .isLessThanOrEqualTo(after.transcript().prompt().length + limit(after));
        assertThat(after.draftEnd()).as("drafts end, so none follow").isNull();
        if (!scenario.request.retrieval().speculative()) {
            assertThat(command.count()).isEqualTo(1);
            assertThat(command.cache()).isEmpty();
            assertThat(drafts).isEmpty();
        }
    }

    private void searches(KnnState after, KnnCommand.Search command) {
        assertThat(command.epoch()).isEqualTo(after.verifying());
        assertThat(command.keys()).isNotEmpty().hasSizeLessThanOrEqualTo(after.drafts().length);
        assertThat(command.keys().size())
                .isEqualTo(after.asked())
                .isLessThanOrEqualTo(scenario.settings.maxStride());
        if (!scenario.request.retrieval().speculative()) {
            assertThat(command.keys()).hasSize(1);
        }
    }

    private int limit(KnnState state) {
        return new StopRules(scenario.model.profile(), new ScriptedTokenizer())
                .limit(scenario.request, state.transcript().prompt().length);
    }
}
