package io.ralmspec.streaming;

import io.ralmspec.decoding.KnowledgeBase;
import io.ralmspec.decoding.LanguageModel;
import io.ralmspec.decoding.QueryEncoder;
import io.ralmspec.decoding.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.util.IOUtils;
import org.jspecify.annotations.Nullable;

/**
 * An open language model and knowledge base that fit each other. Owns all parts.
 *
 * @param neighbours for KNN-LM requests, or null where there are none
 */
public record Serving(
        LanguageModel model,
        Tokenizer tokenizer,
        QueryEncoder encoder,
        KnowledgeBase knowledgeBase,
        @Nullable NeighbourServing neighbours)
        implements AutoCloseable {

    /** Without KNN-LM. */
    public Serving(
            LanguageModel model,
            Tokenizer tokenizer,
            QueryEncoder encoder,
            KnowledgeBase knowledgeBase) {
        this(model, tokenizer, encoder, knowledgeBase, null);
    }

    /** Closes every part, also after one has failed; the first failure carries the others. */
    @Override
    public void close() throws Exception {
        List<AutoCloseable> parts = new ArrayList<>(List.of(model, knowledgeBase));
        if (neighbours != null) {
            parts.addAll(neighbours.parts());
        }
        for (Object part : new Object[] {encoder, tokenizer}) {
            if (part instanceof AutoCloseable closeable) {
                parts.add(closeable);
            }
        }
        IOUtils.closeAll(parts);
    }
}
