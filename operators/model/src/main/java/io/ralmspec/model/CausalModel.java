package io.ralmspec.model;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What every use of a language model's directory opens: graph, tokenizer, counters. Owns the
 * session and the tokenizer.
 */
record CausalModel(
        ModelDirectory files, FileTokenizer tokenizer, CausalGraph graph, Activity activity)
        implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CausalModel.class);

    /**
     * @throws InvalidModelException if the directory or the graph cannot be used
     */
    static CausalModel open(Path directory, ModelOptions options) {
        return open(directory, options, false);
    }

    /**
     * @param loops greedy tokens are generated several per run, with a {@link LoopGraph}
     * @throws InvalidModelException if the directory or the graph cannot be used
     */
    static CausalModel open(Path directory, ModelOptions options, boolean loops) {
        ModelDirectory files = ModelDirectory.read(directory);
        // More threads than heads split a head's attention, and then its rounding varies.
        int threads =
                files.sharedKv()
                        ? options.intraOpThreads()
                        : Math.min(options.intraOpThreads(), files.heads());
        OrtEnvironment environment = Sessions.environment();
        FileTokenizer tokenizer = FileTokenizer.open(files.tokenizer());
        OrtSession session = null;
        LoopSession loop = null;
        try (OrtSession.SessionOptions sessionOptions = Sessions.on(options.device(), threads)) {
            session = environment.createSession(files.graph().toString(), sessionOptions);
            Activity activity = new Activity();
            GraphShape shape = GraphShape.of(session, files.graph());
            if (loops) {
                loop = loop(files, shape, sessionOptions, activity);
            }
            CausalGraph graph = new CausalGraph(environment, session, shape, activity, loop);
            return new CausalModel(files, tokenizer, graph, activity);
        } catch (OrtException | RuntimeException e) {
            tokenizer.close();
            Sessions.close(session);
            if (loop != null) {
                loop.close();
            }
            throw Sessions.invalid(files.graph(), e);
        }
    }

    private static @Nullable LoopSession loop(
            ModelDirectory files,
            GraphShape shape,
            OrtSession.SessionOptions options,
            Activity activity) {
        try {
            return LoopSession.open(files, shape, options, activity);
        } catch (InvalidModelException e) {
            LOG.warn("Every token takes a run of its own: {}", e.getMessage());
            return null;
        }
    }

    /**
     * The graph for several sequences per run, or null if none is asked for or this model can have
     * none. To be closed before the model.
     */
    @Nullable RaggedSession shared(ModelOptions options) {
        if (options.batch() == 1) {
            return null;
        }
        if (!files.sharedKv() || Cuda.chosen(options)) {
            LOG.info(
                    "Sequences take turns: only models with GroupQueryAttention on the CPU can run"
                            + " several at once.");
            return null;
        }
        try {
            return RaggedSession.open(
                    files.graph(), graph, options.batch(), options.intraOpThreads(), activity);
        } catch (InvalidModelException e) {
            LOG.info("Sequences take turns: {}", e.getMessage());
            return null;
        }
    }

    /** The begin-of-sequence tokens; possibly none. */
    int[] begin() {
        return files.beginToken() == null
                ? tokenizer.templatePrefix()
                : files.beginToken().tokens().stream().mapToInt(i -> i).toArray();
    }

    /**
     * @param keptBytes memory that is worth keeping for the next sequence
     */
    Supplier<SequenceKv> newKv(long keptBytes) {
        KvMemoryPool pool = new KvMemoryPool(graph.shape(), keptBytes);
        return files.sharedKv()
                ? () -> new SharedKv(graph, pool, files.contextLength())
                : () -> new GrowingKv(graph);
    }

    @Override
    public void close() {
        graph.close();
        tokenizer.close();
    }
}
