package io.ralmspec.model;

/** Something that holds keys and values and can be dropped at any time. */
interface KvHolder extends AutoCloseable {
    /** Memory outside the heap. */
    long bytes();

    @Override
    void close();
}
