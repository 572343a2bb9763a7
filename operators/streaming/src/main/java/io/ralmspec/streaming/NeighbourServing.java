package io.ralmspec.streaming;

import io.ralmspec.decoding.Tokenizer;
import io.ralmspec.decoding.knnlm.Datastore;
import io.ralmspec.decoding.knnlm.KeyedLanguageModel;
import java.util.List;

/**
 * What KNN-LM decoding needs: an open language model that shows its state, and a datastore that was
 * built with it. Owns both.
 *
 * @param tokenizer of the model; owned by it
 * @param stateBytes of the states kept for unsettled drafts, all requests together; at least 0
 */
public record NeighbourServing(
        KeyedLanguageModel model, Tokenizer tokenizer, Datastore datastore, long stateBytes) {
    List<AutoCloseable> parts() {
        return List.of(model, datastore);
    }
}
