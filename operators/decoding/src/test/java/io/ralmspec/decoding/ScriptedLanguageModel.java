package io.ralmspec.decoding;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A language model whose next token is a hash of the document, the last tokens, the position and,
 * when it samples, the seed. Counts its calls.
 */
public final class ScriptedLanguageModel implements LanguageModel {
    private final long seed;
    private final ModelProfile profile;
    private final int endOneIn;
    private final int failOneIn;
    private final Set<String> held = new HashSet<>();
    private int calls;
    private int forgotten;

    /**
     * @param endOneIn one token in this many ends the answer; 0 for never
     */
    public ScriptedLanguageModel(long seed, int contextLength, int endOneIn) {
        this(seed, contextLength, endOneIn, 0);
    }

    /**
     * @param failOneIn it always fails on one document and end of text in this many; 0 for none
     */
    ScriptedLanguageModel(long seed, int contextLength, int endOneIn, int failOneIn) {
        this.seed = seed;
        this.profile = new ModelProfile(contextLength, contextLength / 4, List.of(0));
        this.endOneIn = endOneIn;
        this.failOneIn = failOneIn;
    }

    @Override
    public ModelProfile profile() {
        return profile;
    }

    @Override
    public synchronized @Nullable Stride generate(
            Generation generation, BooleanSupplier cancelled) {
        Context context = generation.context();
        int maxTokens = generation.maxTokens();
        Checks.require(
                context.tokens().length + maxTokens <= profile.sequenceTokens(),
                "tokens",
                "<= " + profile.sequenceTokens(),
                context.tokens().length + maxTokens);
        calls++;
        held.add(context.sequence());
        int[] tokens = context.tokens();
        if (fails(context.document(), tokens)) {
            throw new ScriptedFailure(ErrorCode.MODEL_FAILED);
        }
        int[] added = Tokens.NONE;
        double confidence = generation.confidence() ? 1 : 0;
        while (added.length < maxTokens) {
            if (cancelled.getAsBoolean()) {
                return null;
            }
            long h = hash(context.document(), tokens, generation.sampling());
            int token = token(tokens.length, h);
            // Sure of two tokens in three; of which depends on all that the token depends on.
            double probability = Hash.below(3, h, 3) == 0 ? 0.4 : 0.9;
            confidence = Math.min(confidence, probability);
            added = Tokens.concat(added, new int[] {token});
            tokens = Tokens.concat(tokens, new int[] {token});
            if (profile.ends(token)) {
                break;
            }
        }
        return new Stride(added, confidence);
    }

    /** Times that documents were to be forgotten. */
    public synchronized int forgotten() {
        return forgotten;
    }

    @Override
    public synchronized void forgetDocuments() {
        forgotten++;
    }

    private boolean fails(int document, int[] tokens) {
        long last = Hash.ofTokens(tokens, tokens.length - 2);
        return failOneIn > 0 && Hash.below(failOneIn, seed, document, last) == 0;
    }

    private long hash(int document, int[] tokens, Sampling sampling) {
        long position = tokens.length;
        long draw = sampling.greedy() ? 0 : Hash.of(sampling.seed(), position);
        long last = Hash.ofTokens(tokens, tokens.length - 6);
        // Half of the time the document makes no difference, as with a real model.
        boolean reads = (Hash.of(seed, last, 1) & 1) == 0;
        return Hash.of(seed, last, position, draw, reads ? document : -2);
    }

    private int token(long position, long h) {
        if (endOneIn > 0 && Long.remainderUnsigned(h, endOneIn) == 0) {
            return 0;
        }
        // Mostly from a small window that moves slowly, so that queries stay alike for a while.
        int topic = (int) (position / 12) * 7;
        return 1 + Math.floorMod(topic + Hash.below(9, h, 2), ScriptedTokenizer.VOCABULARY - 1);
    }

    @Override
    public synchronized void release(String sequence) {
        held.remove(sequence);
    }

    /** Sequences used and not released. */
    public synchronized int held() {
        return held.size();
    }

    public synchronized int calls() {
        return calls;
    }

    @Override
    public void close() {}
}
