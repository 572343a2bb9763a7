package io.ralmspec.model;

/** Something that holds keys and values and can be dropped whenever it is not held. */
interface KvHolder extends AutoCloseable {
    /** Memory outside the heap. */
    long bytes();

    /** Whether it is in use and must not be dropped. */
    default boolean held() {
        return false;
    }

    @Override
    void close();
}
