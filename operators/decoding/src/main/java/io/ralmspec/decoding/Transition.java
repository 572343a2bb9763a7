package io.ralmspec.decoding;

import java.util.List;

/**
 * The state after an event, and what to do now.
 *
 * @param state the very same object as before if the event was stale and changed nothing
 */
public record Transition(SessionState state, List<Command> commands) {
    public Transition {
        commands = List.copyOf(commands);
    }
}
