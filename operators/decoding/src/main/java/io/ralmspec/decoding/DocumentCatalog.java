package io.ralmspec.decoding;

/** What is known of documents by their ordinal, 0 to {@link #size()} - 1. Thread-safe. */
public interface DocumentCatalog {
    int size();

    /** The id the document has in its corpus. */
    String id(int document);

    String title(int document);

    String text(int document);
}
