package io.ralmspec.job.cli;

import java.util.logging.Level;
import java.util.logging.Logger;

/** Lucene logs through the JDK, past our log settings. */
public final class JavaLogging {
    /** Held, because the JDK forgets loggers that nobody holds. */
    private static final Logger LUCENE = Logger.getLogger("org.apache.lucene");

    private JavaLogging() {}

    public static void quiet() {
        LUCENE.setLevel(Level.WARNING);
    }
}
