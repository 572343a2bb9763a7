package io.ralmspec.model;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Session options and errors common to the language model and the encoder. */
final class Sessions {
    private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);

    private Sessions() {}

    /**
     * Spinning stays on (switching it off costs 30 to 45 % where the model has its own cores) and
     * weights stay prepacked (without it results depend on the number of rows).
     */
    static OrtSession.SessionOptions cpu(int intraOpThreads) throws OrtException {
        if (intraOpThreads < 1) {
            throw new IllegalArgumentException(
                    "`threads` must be >= 1 (got %d)".formatted(intraOpThreads));
        }
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(intraOpThreads);
        options.setInterOpNumThreads(1);
        options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
        return options;
    }

    /** Falls back to the CPU only for {@link Device#AUTO}. */
    static OrtSession.SessionOptions on(Device device, int intraOpThreads) throws OrtException {
        OrtSession.SessionOptions options = cpu(intraOpThreads);
        if (device == Device.CPU) {
            return options;
        }
        String missing = Cuda.missing();
        if (missing.isEmpty()) {
            try {
                options.addCUDA(0);
                // Without this, GPU memory grows with the shapes seen.
                options.setMemoryPatternOptimization(false);
                return options;
            } catch (OrtException e) {
                missing = "ONNX Runtime's CUDA provider cannot start: " + e.getMessage();
            }
        }
        if (device == Device.CUDA) {
            options.close();
            throw new InvalidModelException(
                    "device cuda is not available: %s; use device auto or cpu".formatted(missing));
        }
        LOG.info("The language model runs on the CPU: {}.", missing);
        return options;
    }

    static RuntimeException invalid(Path graph, Exception cause) {
        if (cause instanceof OrtException) {
            return new InvalidModelException(
                    "%s cannot be loaded by ONNX Runtime: %s".formatted(graph, cause.getMessage()),
                    cause);
        }
        return (RuntimeException) cause;
    }

    static void close(@Nullable OrtSession session) {
        if (session == null) {
            return;
        }
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime could not close a session", e);
        }
    }
}
