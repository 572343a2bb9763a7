package io.ralmspec.decoding;

/** The documents and the ways to search them. Thread-safe. */
public interface KnowledgeBase extends DocumentCatalog, AutoCloseable {
    /**
     * @throws IllegalArgumentException if this knowledge base was built without that retriever
     */
    Retriever retriever(RetrieverKind kind);

    boolean has(RetrieverKind kind);

    @Override
    void close();
}
