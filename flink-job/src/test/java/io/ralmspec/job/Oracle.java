package io.ralmspec.job;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.ModelSteps;
import io.ralmspec.decoding.SequentialDecoder;
import io.ralmspec.streaming.Serving;

/** What must be answered, by the sequential decoder in this process, without Flink and Kafka. */
public final class Oracle {
    private final Serving serving;
    private final SequentialDecoder decoder;

    /**
     * @param serving stays the caller's
     */
    public Oracle(Serving serving) {
        this.serving = serving;
        decoder =
                new SequentialDecoder(
                        serving.model().profile(),
                        serving.tokenizer(),
                        new ModelSteps(serving.model(), serving.tokenizer(), serving.encoder()),
                        serving.knowledgeBase());
    }

    public Answer decode(DecodingRequest request) {
        Answer answer = decoder.decode(request);
        serving.model().release(request.id());
        return answer;
    }
}
