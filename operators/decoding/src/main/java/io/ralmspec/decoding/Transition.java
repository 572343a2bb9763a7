package io.ralmspec.decoding;

import java.util.ArrayList;
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

    /**
     * Ends a session without looking at its tokens, for one whose verified text can't even be
     * shown. The answer has no text, though deltas may have been sent.
     */
    public static Transition abandoned(SessionState state, RequestError error) {
        DecodingRequest request = state.request();
        List<Command> commands = new ArrayList<>();
        if (request.stream()) {
            int sequence = state.transcript().deltas();
            commands.add(new Command.EmitDelta(new Delta(request.id(), sequence, "", true)));
        }
        commands.add(new Command.Finish(Answer.refused(request.id(), error)));
        Session session = new Session(state);
        session.phase = Phase.FINISHED;
        return new Transition(session.transition().state(), commands);
    }
}
