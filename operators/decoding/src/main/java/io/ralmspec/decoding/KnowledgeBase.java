package io.ralmspec.decoding;

/** The documents and the ways to search them. Thread-safe. */
public interface KnowledgeBase extends DocumentCatalog, AutoCloseable {
    /**
     * @throws IllegalArgumentException if this knowledge base was built without that retriever
     */
    Retriever retriever(RetrieverKind kind);

    boolean has(RetrieverKind kind);

    /**
     * Names what a session keeps of a knowledge base: equal for two in which every ordinal is the
     * same document and queries are formed in the same way. Not empty.
     */
    String fingerprint();

    @Override
    void close();
}
