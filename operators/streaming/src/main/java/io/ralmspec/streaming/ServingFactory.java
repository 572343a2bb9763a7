package io.ralmspec.streaming;

import java.io.Serializable;

/** Opens model and knowledge base on a TaskManager. Travels with the job graph. */
public interface ServingFactory extends Serializable {
    /** Names what {@link #open} opens: in one JVM, equal keys share one open serving. */
    String key();

    /**
     * @throws Exception with a message that says what is wrong with which file; the job then does
     *     not start
     */
    Serving open() throws Exception;
}
