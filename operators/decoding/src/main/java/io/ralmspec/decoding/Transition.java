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
     * As {@link SessionDecoder#abandon}.
     *
     * @param finished the session, which is over
     */
    public static <S extends DecodingSession> Transition<S> abandoned(
            S finished, RequestError error) {
        DecodingRequest request = finished.request();
        List<SessionCommand> commands = new ArrayList<>();
        if (request.stream()) {
            int sequence = finished.transcript().deltas();
            commands.add(new SessionCommand.EmitDelta(new Delta(request.id(), sequence, "", true)));
        }
        commands.add(new SessionCommand.Finish(Answer.refused(request.id(), error)));
        return new Transition<>(finished, commands);
    }
}
