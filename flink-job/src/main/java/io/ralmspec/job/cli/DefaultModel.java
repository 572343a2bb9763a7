package io.ralmspec.job.cli;

/**
 * The model directory that commands use where none is named: the one that comes with the source
 * code, which {@code bin/ralmspec} knows. Elsewhere `--model` must be given.
 */
final class DefaultModel {
    /** Nothing, so that the option is required, where the property is not set. */
    static final String DIRECTORY = "${sys:ralmspec.reader}";

    static final String DESCRIPTION =
            "Language model directory; by default the reader model that comes with the source"
                    + " code.";

    private DefaultModel() {}
}
