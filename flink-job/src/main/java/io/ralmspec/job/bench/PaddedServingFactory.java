package io.ralmspec.job.bench;

import io.ralmspec.decoding.KnowledgeBase;
import io.ralmspec.job.JobOptions;
import io.ralmspec.job.OnnxServingFactory;
import io.ralmspec.knowledge.PaddedKnowledgeBase;
import io.ralmspec.streaming.Serving;
import io.ralmspec.streaming.ServingFactory;
import org.apache.flink.configuration.Configuration;

/**
 * Makes exact search as expensive as with {@code vectors} more documents.
 *
 * @param threads that share one search
 */
public record PaddedServingFactory(ServingFactory within, long vectors, int threads)
        implements ServingFactory {
    /**
     * What a job with these options serves with, made as expensive as that.
     *
     * @param padVectors as in {@link PaddedKnowledgeBase}; 0 for none
     */
    public static ServingFactory of(Configuration options, long padVectors) {
        ServingFactory real = new OnnxServingFactory(options);
        int threads = options.get(JobOptions.KNOWLEDGE_THREADS);
        return padVectors == 0 ? real : new PaddedServingFactory(real, padVectors, threads);
    }

    @Override
    public String key() {
        return within.key() + "|pad=" + vectors;
    }

    @Override
    public Serving open() throws Exception {
        Serving serving = within.open();
        try {
            // Any text will do: its vector is as long as the others.
            int dimension = serving.encoder().encode("dimension").length;
            KnowledgeBase padded =
                    PaddedKnowledgeBase.of(serving.knowledgeBase(), dimension, vectors, threads);
            return new Serving(
                    serving.model(),
                    serving.tokenizer(),
                    serving.encoder(),
                    padded,
                    serving.neighbours());
        } catch (Throwable e) {
            serving.close();
            throw e;
        }
    }
}
