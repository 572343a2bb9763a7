package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.SessionCommand;
import io.ralmspec.decoding.SessionEvent;
import io.ralmspec.decoding.Transition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * A session in which nothing goes wrong but guesses. The datastore is as slow as the model with
 * three tokens; nothing is stopped before its end.
 */
final class CalmRun {
    /** One event, and what it did. */
    record Happened(KnnState before, SessionEvent event, Transition<KnnState> after) {}

    final KnnScenario scenario;
    final List<Happened> happened = new ArrayList<>();

    /** All its states, the submitted one first. */
    final List<KnnState> states = new ArrayList<>();

    private final Queue<KnnEvent> model = new ArrayDeque<>();
    private final Queue<KnnEvent> search = new ArrayDeque<>();
    private @Nullable Answer answer;

    CalmRun(KnnScenario scenario) {
        this.scenario = scenario;
        long now = 1_010;
        KnnState state = scenario.submitted(1_000);
        states.add(state);
        Transition<KnnState> transition = scenario.decoder.start(state, Estimates.UNKNOWN, now);
        while (true) {
            state = transition.state();
            states.add(state);
            transition.commands().forEach(this::run);
            if (state.finished()) {
                return;
            }
            now += 20;
            boolean found = !search.isEmpty() && (model.isEmpty() || state.drafts().length > 3);
            SessionEvent event = found ? search.remove() : model.remove();
            transition = scenario.decoder.step(state, event, now);
            happened.add(new Happened(state, event, transition));
        }
    }

    private void run(SessionCommand command) {
        switch (command) {
            case KnnCommand.Prepare c -> model.add(scenario.steps().prepare(c).timed(0.001));
            case KnnCommand.Speculate c ->
                    model.add(scenario.steps().speculate(c, () -> false).timed(0.02 * c.count()));
            case KnnCommand.Settle c -> model.add(scenario.steps().settle(c).timed(0.001));
            case KnnCommand.Search c -> search.add(scenario.search(c).timed(0.06));
            case SessionCommand.Finish c -> answer = c.answer();
            default -> {}
        }
    }

    Answer answer() {
        if (answer == null) {
            throw new AssertionError("a session must have an answer");
        }
        return answer;
    }

    /** Tokens guessed that nobody waited for any more when the answer was there. */
    int unread() {
        return model.stream()
                .mapToInt(e -> e instanceof KnnEvent.Speculated s ? s.tokens().length : 0)
                .sum();
    }

    /** What of a kind changed the session. */
    <E extends SessionEvent> List<E> events(Class<E> kind) {
        return happened.stream()
                .filter(h -> h.before() != h.after().state())
                .map(Happened::event)
                .filter(kind::isInstance)
                .map(kind::cast)
                .toList();
    }
}
