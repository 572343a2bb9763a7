package io.ralmspec.model;

import java.util.concurrent.atomic.LongAdder;

/** The running counts behind {@link KvCounters}; written by the model's thread, read by any. */
final class Activity {
    final LongAdder handlesOpened = new LongAdder();
    final LongAdder handlesClosed = new LongAdder();
    final LongAdder runs = new LongAdder();
    final LongAdder sharedRuns = new LongAdder();
    final LongAdder runTokens = new LongAdder();
    final LongAdder documentHits = new LongAdder();
    final LongAdder documentMisses = new LongAdder();

    KvCounters counters() {
        // Closed before opened: a handle opened in between must not show as closed only.
        long closed = handlesClosed.sum();
        return new KvCounters(
                handlesOpened.sum(),
                closed,
                runs.sum(),
                sharedRuns.sum(),
                runTokens.sum(),
                documentHits.sum(),
                documentMisses.sum());
    }
}
