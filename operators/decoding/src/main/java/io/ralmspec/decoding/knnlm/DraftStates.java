package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.Tokens;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The model's states that drafts were guessed from, until the drafts are settled. Bounded by
 * forgetting those of the sequences that were not used for the longest time; what is gone is
 * computed again.
 */
final class DraftStates {
    /** The states of one sequence by the number of tokens before them. */
    private static final class Kept {
        final NavigableMap<Integer, TokenState> states = new TreeMap<>();
        int[] tokens = Tokens.NONE;
    }

    private final KeyedLanguageModel model;
    private final long maxBytes;
    private final Map<String, Kept> sequences = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    DraftStates(KeyedLanguageModel model, long maxBytes) {
        this.model = model;
        this.maxBytes = maxBytes;
    }

    /** The state after these tokens; kept until it is forgotten. */
    TokenState state(String sequence, int[] tokens) {
        Kept kept = sequences.computeIfAbsent(sequence, name -> new Kept());
        int common = Tokens.commonPrefix(tokens, kept.tokens);
        if (common < tokens.length) {
            drop(kept.states.tailMap(common, false));
            kept.tokens = tokens;
        }
        TokenState state = kept.states.get(tokens.length);
        if (state == null) {
            state = model.state(sequence, tokens);
            kept.states.put(tokens.length, state);
            bytes += bytes(state);
            makeRoom(kept);
        }
        return state;
    }

    /** Forgets the states after fewer tokens. */
    void forget(String sequence, int length) {
        Kept kept = sequences.get(sequence);
        if (kept != null) {
            drop(kept.states.headMap(length));
            if (kept.states.isEmpty()) {
                sequences.remove(sequence);
            }
        }
    }

    void release(String sequence) {
        Kept kept = sequences.remove(sequence);
        if (kept != null) {
            drop(kept.states);
        }
    }

    /** Of all that is kept. */
    long bytes() {
        return bytes;
    }

    private void makeRoom(Kept used) {
        Iterator<Kept> eldest = sequences.values().iterator();
        while (bytes > maxBytes && eldest.hasNext()) {
            Kept kept = eldest.next();
            if (kept != used) {
                drop(kept.states);
                eldest.remove();
            }
        }
    }

    private void drop(Map<Integer, TokenState> states) {
        for (TokenState state : states.values()) {
            bytes -= bytes(state);
        }
        states.clear();
    }

    private static long bytes(TokenState state) {
        return (long) Float.BYTES * (state.key().length + state.logProbabilities().length);
    }
}
