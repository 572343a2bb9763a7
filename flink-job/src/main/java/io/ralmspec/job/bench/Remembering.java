package io.ralmspec.job.bench;

import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.LanguageModel;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.QueryEncoder;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.Stride;
import io.ralmspec.streaming.Serving;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A model and an encoder that remember what they said lately: the cells of a benchmark ask mostly
 * the same. Only where time is computed, as a remembered result takes none. A stride with another
 * draft is generated anew, so that what drafts do is still seen. Used by one thread.
 */
final class Remembering {
    private static final int RESULTS = 10_000;

    private Remembering() {}

    /** The same serving with a memory; closing it closes the one within. */
    static Serving of(Serving within) {
        return new Serving(
                new Model(within.model()),
                within.tokenizer(),
                new Encoder(within.encoder()),
                within.knowledgeBase());
    }

    /** All that a stride may depend on, and its draft. */
    private record Key(
            int document,
            List<Integer> tokens,
            int maxTokens,
            Sampling sampling,
            List<Integer> draft,
            boolean confidence) {
        static Key of(Generation g) {
            Context context = g.context();
            return new Key(
                    context.document(),
                    list(context.tokens()),
                    g.maxTokens(),
                    g.sampling(),
                    list(g.draft()),
                    g.confidence());
        }

        private static List<Integer> list(int[] tokens) {
            return Arrays.stream(tokens).boxed().toList();
        }
    }

    private record Model(LanguageModel within, Map<Key, Stride> strides) implements LanguageModel {
        Model(LanguageModel within) {
            this(within, new Recent<>());
        }

        @Override
        public ModelProfile profile() {
            return within.profile();
        }

        @Override
        public @Nullable Stride generate(Generation generation, BooleanSupplier cancelled) {
            Key key = Key.of(generation);
            Stride stride = strides.get(key);
            if (stride == null) {
                stride = within.generate(generation, cancelled);
                if (stride != null) {
                    strides.put(key, stride);
                }
            }
            return stride;
        }

        @Override
        public void release(String sequence) {
            within.release(sequence);
        }

        @Override
        public void close() {
            within.close();
        }
    }

    private record Encoder(QueryEncoder within, Map<String, float[]> vectors)
            implements QueryEncoder, AutoCloseable {
        Encoder(QueryEncoder within) {
            this(within, new Recent<>());
        }

        @Override
        public float[] encode(String text) {
            return vectors.computeIfAbsent(text, within::encode);
        }

        @Override
        public void close() throws Exception {
            if (within instanceof AutoCloseable closeable) {
                closeable.close();
            }
        }
    }

    /** Forgets what was not asked for lately. */
    private static final class Recent<K, V> extends LinkedHashMap<K, V> {
        private static final long serialVersionUID = 1L;

        Recent() {
            super(16, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > RESULTS;
        }
    }
}
