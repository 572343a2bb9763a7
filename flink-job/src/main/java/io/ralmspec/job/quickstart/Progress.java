package io.ralmspec.job.quickstart;

import io.ralmspec.job.assets.ProgressListener;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** One progress bar per step of getting the assets. */
final class Progress implements ProgressListener, AutoCloseable {
    private String current = "";
    private @Nullable ProgressBar bar;

    @Override
    public void progress(String what, long done, long total) {
        if (bar == null || !what.equals(current)) {
            close();
            current = what;
            bar =
                    new ProgressBarBuilder()
                            .setTaskName(what)
                            .setInitialMax(total)
                            .setStyle(ProgressBarStyle.ASCII)
                            .build();
        }
        bar.stepTo(done);
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
