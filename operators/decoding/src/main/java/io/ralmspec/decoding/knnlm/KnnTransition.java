package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Delta;
import io.ralmspec.decoding.Phase;
import io.ralmspec.decoding.RequestError;
import java.util.ArrayList;
import java.util.List;

/**
 * The state after an event, and what to do now.
 *
 * @param state the very same object as before if the event was stale and changed nothing
 */
public record KnnTransition(KnnState state, List<KnnCommand> commands) {
    public KnnTransition {
        commands = List.copyOf(commands);
    }

    /**
     * Ends a session without looking at its tokens, for one whose verified text can't even be
     * shown. The answer has no text, though deltas may have been sent.
     */
    public static KnnTransition abandoned(KnnState state, RequestError error) {
        DecodingRequest request = state.request();
        List<KnnCommand> commands = new ArrayList<>();
        if (request.stream()) {
            int sequence = state.transcript().deltas();
            commands.add(new KnnCommand.EmitDelta(new Delta(request.id(), sequence, "", true)));
        }
        commands.add(new KnnCommand.Finish(Answer.refused(request.id(), error)));
        KnnSession session = new KnnSession(state);
        session.phase = Phase.FINISHED;
        return new KnnTransition(session.state(), commands);
    }
}
