package io.ralmspec.model;

import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.Stride;
import java.util.Arrays;

/** One stride on its way: the steps that it takes, one after the other. */
final class StrideRun {
    private final Generation generation;
    private final TokenChoice choice;
    private final Sequence sequence;
    private final int[] tokens;
    private final int prefix;
    private final int from;
    private int to;
    private int draft;

    /**
     * @param tokens document, context and room for new tokens, of which a draft is there already
     * @param prefix tokens of the document
     * @param draft tokens behind the context that the model has yet to agree with
     */
    StrideRun(
            Generation generation,
            TokenChoice choice,
            Sequence sequence,
            int[] tokens,
            int prefix,
            int draft) {
        this.generation = generation;
        this.choice = choice;
        this.sequence = sequence;
        this.tokens = tokens;
        this.prefix = prefix;
        this.draft = draft;
        from = prefix + generation.context().tokens().length;
        to = from;
    }

    Generation generation() {
        return generation;
    }

    Sequence sequence() {
        return sequence;
    }

    /** What to run next. */
    GraphStep next() {
        int end = to + draft;
        int scored = 1 + draft;
        int start = sequence.rewind(tokens, end, scored);
        int ahead = draft == 0 ? tokens.length - to : 1;
        return new GraphStep(tokens, start, end, scored, choice, to - prefix).ahead(ahead);
    }

    /** Takes what {@link #next} gave. */
    void accept(int[] chosen) {
        System.arraycopy(chosen, 0, tokens, to, chosen.length);
        to += chosen.length;
        draft = 0;
    }

    boolean atEnd() {
        return to == tokens.length;
    }

    /** The last token, or -1 if there is none yet. */
    int last() {
        return to == from ? -1 : tokens[to - 1];
    }

    Stride stride() {
        return new Stride(Arrays.copyOfRange(tokens, from, to), StrideChoice.confidence(choice));
    }
}
