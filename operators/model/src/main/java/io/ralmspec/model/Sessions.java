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

    private static final long DEEP_STACK_BYTES = 512L << 20;

    private Sessions() {}

    /**
     * Threads spin inside a run (switching that off costs 30 to 45 %) but not between runs: there
     * the cores belong to the search, which was four times slower against spinning threads. Weights
     * stay prepacked (without it results depend on the number of rows).
     */
    static OrtSession.SessionOptions cpu(int intraOpThreads) throws OrtException {
        if (intraOpThreads < 1) {
            throw new IllegalArgumentException(
                    "`threads` must be >= 1 (got %d)".formatted(intraOpThreads));
        }
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(intraOpThreads);
        options.setInterOpNumThreads(1);
        options.addConfigEntry("session.force_spinning_stop", "1");
        options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
        return options;
    }

    /**
     * Falls back to the CPU only for {@link Device#AUTO}. Logs where the language model will run,
     * in one line that starts with the same words whatever it is.
     */
    static OrtSession.SessionOptions on(Device device, int intraOpThreads) throws OrtException {
        OrtSession.SessionOptions options = cpu(intraOpThreads);
        if (device == Device.CPU) {
            LOG.info("The language model runs on the CPU, as asked, threads: {}.", intraOpThreads);
            return options;
        }
        String missing = Cuda.missing();
        if (missing.isEmpty()) {
            try {
                options.addCUDA(0);
                // Without this, GPU memory grows with the shapes seen.
                options.setMemoryPatternOptimization(false);
                LOG.info("The language model runs on CUDA, device 0.");
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
        LOG.info(
                "The language model runs on the CPU, threads: {}, because {}.",
                intraOpThreads,
                missing);
        return options;
    }

    /**
     * ONNX Runtime's one environment. It is created on a thread with a deep stack: its start-up
     * matches a regular expression against the command line of the process by recursion, and a
     * class path of a few kilobytes in there overflows the stack that Java gives a thread, which
     * ends the process without a word.
     */
    static OrtEnvironment environment() {
        return Environment.INSTANCE;
    }

    private static final class Environment {
        static final OrtEnvironment INSTANCE = create();

        private static OrtEnvironment create() {
            FutureTask<OrtEnvironment> creation = new FutureTask<>(OrtEnvironment::getEnvironment);
            Thread thread = new Thread(null, creation, "onnx-environment", DEEP_STACK_BYTES);
            thread.setDaemon(true);
            thread.start();
            boolean interrupted = false;
            try {
                while (true) {
                    try {
                        return creation.get();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    } catch (ExecutionException e) {
                        throw new IllegalStateException(
                                "ONNX Runtime could not be started", e.getCause());
                    }
                }
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
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
