package io.ralmspec.streaming;

import io.ralmspec.decoding.KnowledgeBase;
import io.ralmspec.decoding.LanguageModel;
import io.ralmspec.decoding.QueryEncoder;
import io.ralmspec.decoding.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.util.IOUtils;

/** An open language model and knowledge base that fit each other. Owns all four parts. */
public record Serving(
        LanguageModel model, Tokenizer tokenizer, QueryEncoder encoder, KnowledgeBase knowledgeBase)
        implements AutoCloseable {

    /** Closes every part, also after one has failed; the first failure carries the others. */
    @Override
    public void close() throws Exception {
        List<AutoCloseable> parts = new ArrayList<>(List.of(model, knowledgeBase));
        for (Object part : new Object[] {encoder, tokenizer}) {
            if (part instanceof AutoCloseable closeable) {
                parts.add(closeable);
            }
        }
        IOUtils.closeAll(parts);
    }
}
