package io.ralmspec.job.cli;

import io.ralmspec.knowledge.BuildListener;
import io.ralmspec.knowledge.BuildPhase;
import io.ralmspec.knowledge.SkippedLine;
import java.io.PrintWriter;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Shows a build as one progress bar per phase, with rate and remaining time. */
public final class IndexProgress implements BuildListener, AutoCloseable {
    private final String entries;
    private final PrintWriter messages;
    private @Nullable BuildPhase phase;
    private @Nullable ProgressBar bar;

    /** Of an index. */
    public IndexProgress() {
        this("documents", new PrintWriter(System.err, true));
    }

    /**
     * @param entries what the result consists of
     * @param messages takes everything but the bars
     */
    public IndexProgress(String entries, PrintWriter messages) {
        this.entries = entries;
        this.messages = messages;
    }

    @Override
    public void progress(BuildPhase current, long done, long total) {
        if (current != phase || bar == null) {
            close();
            phase = current;
            bar = start(current, done, total);
        }
        bar.stepTo(done);
    }

    @Override
    public void skipped(SkippedLine line) {
        messages.printf("line %d skipped: %s%n", line.line(), line.reason());
        messages.flush();
    }

    @Override
    public void resumed(int encoded) {
        messages.printf(
                "going on with an interrupted build: %d %s are encoded%n", encoded, entries);
        messages.flush();
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }

    private static ProgressBar start(BuildPhase phase, long done, long total) {
        ProgressBarBuilder builder =
                new ProgressBarBuilder()
                        .setTaskName(phase.name().toLowerCase(Locale.ROOT))
                        .setInitialMax(total)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setUpdateIntervalMillis(1000)
                        .showSpeed();
        if (phase.unit().equals("bytes")) {
            builder.setUnit(" MB", 1 << 20);
        }
        if (done > 0) {
            // The rate is this run's, not what an earlier one left.
            builder.startsFrom(done, java.time.Duration.ZERO);
        }
        return builder.build();
    }
}
