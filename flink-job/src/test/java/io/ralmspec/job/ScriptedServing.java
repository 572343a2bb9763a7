package io.ralmspec.job;

import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.LanguageModel;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.ScriptedEncoder;
import io.ralmspec.decoding.ScriptedKnowledgeBase;
import io.ralmspec.decoding.ScriptedLanguageModel;
import io.ralmspec.decoding.ScriptedTokenizer;
import io.ralmspec.streaming.Serving;
import io.ralmspec.streaming.ServingFactory;

/** A model and knowledge base made of hashes, for tests of everything around them. */
record ScriptedServing(long seed, long stepMillis) implements ServingFactory {
    static final int CONTEXT_LENGTH = 200;
    static final int DOCUMENTS = 40;

    ScriptedServing(long seed) {
        this(seed, 0);
    }

    @Override
    public String key() {
        return "scripted-" + seed;
    }

    @Override
    public Serving open() {
        return new Serving(
                stepMillis == 0 ? model() : new SlowModel(model(), stepMillis),
                new ScriptedTokenizer(),
                new ScriptedEncoder(),
                new ScriptedKnowledgeBase(seed, DOCUMENTS));
    }

    ScriptedLanguageModel model() {
        return new ScriptedLanguageModel(seed, CONTEXT_LENGTH, 60);
    }

    /** Takes its time, so that something is in flight when a test wants it to be. */
    private record SlowModel(LanguageModel model, long stepMillis) implements LanguageModel {
        @Override
        public ModelProfile profile() {
            return model.profile();
        }

        @Override
        public int[] generate(Context context, int maxTokens, Sampling sampling) {
            try {
                Thread.sleep(stepMillis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return model.generate(context, maxTokens, sampling);
        }

        @Override
        public void release(String sequence) {
            model.release(sequence);
        }

        @Override
        public void close() {
            model.close();
        }
    }
}
