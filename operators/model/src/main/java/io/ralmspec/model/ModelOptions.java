package io.ralmspec.model;

/**
 * How a language model is run. Nothing here changes which tokens it gives, except {@code
 * documentTokens}, which decides how much of a document the model sees.
 *
 * @param intraOpThreads threads inside one run, at least 1; a model with growing keys and values
 *     takes no more than it has attention heads
 * @param documentTokens room for a document, begin-of-sequence token included; 0 for the smaller of
 *     256 and three eighths of the context
 * @param documentKvBytes bound of the keys and values kept for documents, outside the heap
 * @param sequenceKvBytes bound of the keys and values kept for sequences, outside the heap; the one
 *     that is running may exceed it while it runs
 * @param batch sequences that may share a run, at least 1; heeded only for models with
 *     GroupQueryAttention on the CPU. On CUDA, more than 1 lets a run generate several tokens of a
 *     sequence. Either takes the weights' memory a second time
 */
public record ModelOptions(
        int intraOpThreads,
        int documentTokens,
        long documentKvBytes,
        long sequenceKvBytes,
        Device device,
        int batch) {
    private static final long MIB = 1 << 20;

    public ModelOptions {
        require(intraOpThreads >= 1, "intra_op_threads", ">= 1", intraOpThreads);
        require(documentTokens >= 0, "document_tokens", ">= 0", documentTokens);
        require(documentKvBytes >= 0, "document_kv_bytes", ">= 0", documentKvBytes);
        require(batch >= 1, "batch", ">= 1", batch);
        require(sequenceKvBytes >= 0, "sequence_kv_bytes", ">= 0", sequenceKvBytes);
    }

    /** All cores, 256 MiB for documents, 512 MiB for sequences, on the CPU, 8 in a run. */
    public static ModelOptions defaults() {
        return new ModelOptions(
                Runtime.getRuntime().availableProcessors(), 0, 256 * MIB, 512 * MIB, Device.CPU, 8);
    }

    private static void require(boolean holds, String name, String bound, long got) {
        if (!holds) {
            throw new IllegalArgumentException(
                    "`%s` must be %s (got %d)".formatted(name, bound, got));
        }
    }
}
