package io.ralmspec.job;

import io.ralmspec.decoding.ScriptedEncoder;
import io.ralmspec.decoding.ScriptedKnowledgeBase;
import io.ralmspec.decoding.ScriptedLanguageModel;
import io.ralmspec.decoding.ScriptedTokenizer;
import io.ralmspec.streaming.Serving;
import io.ralmspec.streaming.ServingFactory;

/** A model and knowledge base made of hashes, for tests of everything around them. */
record ScriptedServing(long seed) implements ServingFactory {
    static final int CONTEXT_LENGTH = 200;
    static final int DOCUMENTS = 40;

    @Override
    public String key() {
        return "scripted-" + seed;
    }

    @Override
    public Serving open() {
        return new Serving(
                model(),
                new ScriptedTokenizer(),
                new ScriptedEncoder(),
                new ScriptedKnowledgeBase(seed, DOCUMENTS));
    }

    ScriptedLanguageModel model() {
        return new ScriptedLanguageModel(seed, CONTEXT_LENGTH, 60);
    }
}
