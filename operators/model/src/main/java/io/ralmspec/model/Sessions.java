package io.ralmspec.model;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Session options and errors common to the language model and the encoder. */
final class Sessions {
    private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);

    private static final long OPENING_STACK_BYTES = 256L << 20;

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

    /**
     * Opens a graph on a thread of its own: ONNX Runtime optimises graphs by recursion, and that of
     * a six-layer encoder already overflows the stack that Java gives a thread, which ends the
     * process.
     */
    static OrtSession create(
            OrtEnvironment environment, Path graph, OrtSession.SessionOptions options)
            throws OrtException {
        FutureTask<OrtSession> opening =
                new FutureTask<>(() -> environment.createSession(graph.toString(), options));
        Thread thread = new Thread(null, opening, "onnx-session", OPENING_STACK_BYTES);
        thread.setDaemon(true);
        thread.start();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return opening.get();
                } catch (InterruptedException e) {
                    // The native call can't be stopped, and what it opens must not be lost.
                    interrupted = true;
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof OrtException failure) {
                        throw failure;
                    }
                    throw new IllegalStateException(graph + " could not be opened", e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
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
