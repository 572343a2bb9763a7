package io.ralmspec.knowledge;

import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.lucene.util.InfoStream;

/**
 * Hears from Lucene how many vectors of a graph are linked, which takes minutes for a million and
 * is told nowhere but in its messages. With several threads each says what it did, batch by batch;
 * one alone says how far it got. Thread-safe.
 */
final class LinkProgress extends InfoStream {
    private static final String COMPONENT = "HNSW";
    private static final Pattern BATCH =
            Pattern.compile("addVectors \\[\\d+ \\d+\\): (\\d+) vectors.*");
    private static final Pattern TOTAL = Pattern.compile("built (\\d+) in .*");

    private final int vectors;
    private final IntConsumer linked;
    private int done;

    /**
     * @param linked told how many of the vectors are linked so far: more each time, one call at a
     *     time, by the threads that link. The last call need not be for all
     */
    LinkProgress(int vectors, IntConsumer linked) {
        this.vectors = vectors;
        this.linked = linked;
    }

    @Override
    public boolean isEnabled(String component) {
        return component.equals(COMPONENT);
    }

    @Override
    public synchronized void message(String component, String message) {
        Matcher batch = BATCH.matcher(message);
        Matcher total = TOTAL.matcher(message);
        int now = done;
        if (batch.matches()) {
            now += Integer.parseInt(batch.group(1));
        } else if (total.matches()) {
            now = Integer.parseInt(total.group(1));
        }
        // The one thread's last message is a batch of all.
        now = Math.min(now, vectors);
        if (now > done) {
            done = now;
            linked.accept(now);
        }
    }

    @Override
    public void close() {}
}
