package io.ralmspec.decoding;

import java.util.ArrayList;
import java.util.List;

/**
 * The state after an event, and what to do now.
 *
 * @param state the very same object as before if the event was stale and changed nothing
 * @param <S> the sessions of one way to decode
 */
public record Transition<S extends DecodingSession>(S state, List<SessionCommand> commands) {
    public Transition {
        commands = List.copyOf(commands);
    }

    /**
     * Ends a session without looking at its tokens, for one whose verified text can't even be
     * shown. The answer has no text, though deltas may have been sent.
     */
    public static Transition<DecodingSession> abandoned(
            DecodingSession session, RequestError error) {
        DecodingRequest request = session.request();
        List<SessionCommand> commands = new ArrayList<>();
        if (request.stream()) {
            int sequence = session.transcript().deltas();
            commands.add(new SessionCommand.EmitDelta(new Delta(request.id(), sequence, "", true)));
        }
        commands.add(new SessionCommand.Finish(Answer.refused(request.id(), error)));
        return new Transition<>(session.ended(), commands);
    }
}
