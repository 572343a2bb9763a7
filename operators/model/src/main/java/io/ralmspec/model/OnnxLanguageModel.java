package io.ralmspec.model;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.DocumentCatalog;
import io.ralmspec.decoding.LanguageModel;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.Sampling;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * A causal language model on ONNX Runtime. Keeps the keys and values of sequences and of documents
 * between calls, within bounds, and gives the same tokens whatever it has kept: with
 * GroupQueryAttention the scores are the same to the bit; with growing keys and values that was
 * measured, not proven.
 *
 * <p>One thread at a time. Owns the session, the tokenizer and all memory outside the heap.
 */
public final class OnnxLanguageModel implements LanguageModel {
    private final ModelProfile profile;
    private final CausalGraph graph;
    private final FileTokenizer tokenizer;
    private final DocumentPrefixes prefixes;
    private final Supplier<SequenceKv> newKv;
    private final KvCache<Integer, Sequence> documents;
    private final KvCache<String, Sequence> sequences;
    private final Activity activity;
    private final boolean keepsDocuments;
    private final AtomicBoolean busy = new AtomicBoolean();
    private boolean closed;

    private OnnxLanguageModel(
            ModelDirectory directory,
            ModelOptions options,
            DocumentCatalog catalog,
            FileTokenizer tokenizer,
            CausalGraph graph,
            Activity activity) {
        int context = directory.contextLength();
        int documentTokens =
                options.documentTokens() > 0
                        ? options.documentTokens()
                        : Math.max(1, Math.min(256, context * 3 / 8));
        int[] begin =
                directory.beginToken() == null
                        ? tokenizer.templatePrefix()
                        : directory.beginToken().tokens().stream().mapToInt(i -> i).toArray();
        if (documentTokens < begin.length) {
            throw new IllegalArgumentException(
                    "`document_tokens` must be >= %d, the begin-of-sequence tokens (got %d)"
                            .formatted(begin.length, documentTokens));
        }
        this.graph = graph;
        this.tokenizer = tokenizer;
        this.activity = activity;
        profile = new ModelProfile(context, documentTokens, directory.endTokens());
        prefixes = new DocumentPrefixes(catalog, tokenizer, begin, documentTokens);
        documents = new KvCache<>(options.documentKvBytes());
        sequences = new KvCache<>(options.sequenceKvBytes());
        keepsDocuments = options.documentKvBytes() > 0;
        KvMemoryPool pool =
                new KvMemoryPool(
                        graph.shape(),
                        Math.addExact(options.documentKvBytes(), options.sequenceKvBytes()));
        newKv =
                directory.sharedKv()
                        ? () -> new SharedKv(graph, pool, context)
                        : () -> new GrowingKv(graph);
    }

    /**
     * @param directory has {@code model.onnx} (with its external data, if any), {@code
     *     tokenizer.json} and {@code config.json}
     * @throws InvalidModelException if the directory or the graph cannot be used
     */
    public static OnnxLanguageModel open(
            Path directory, ModelOptions options, DocumentCatalog documents) {
        ModelDirectory files = ModelDirectory.read(directory);
        // More threads than heads split a head's attention, and then its rounding varies.
        int threads =
                files.sharedKv()
                        ? options.intraOpThreads()
                        : Math.min(options.intraOpThreads(), files.heads());
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        FileTokenizer tokenizer = FileTokenizer.open(files.tokenizer());
        OrtSession session = null;
        try (OrtSession.SessionOptions sessionOptions = Sessions.on(options.device(), threads)) {
            session = environment.createSession(files.graph().toString(), sessionOptions);
            Activity activity = new Activity();
            GraphShape shape = GraphShape.of(session, files.graph());
            CausalGraph graph = new CausalGraph(environment, session, shape, activity);
            return new OnnxLanguageModel(files, options, documents, tokenizer, graph, activity);
        } catch (OrtException | RuntimeException e) {
            tokenizer.close();
            Sessions.close(session);
            throw Sessions.invalid(files.graph(), e);
        }
    }

    @Override
    public ModelProfile profile() {
        return profile;
    }

    /** Of the same directory; open as long as the model. */
    public FileTokenizer tokenizer() {
        return tokenizer;
    }

    /** May be called by any thread. */
    public KvCounters counters() {
        return activity.counters();
    }

    /**
     * @throws IllegalArgumentException if the context and {@code maxTokens} do not fit
     * @throws ModelRunException if ONNX Runtime fails; the call may be repeated
     */
    @Override
    public int[] generate(Context context, int maxTokens, Sampling sampling) {
        return generate(
                context,
                maxTokens,
                sampling.greedy()
                        ? TokenChoice.GREEDY
                        : (scores, position) -> TokenSampler.choose(scores, sampling, position));
    }

    int[] generate(Context context, int maxTokens, TokenChoice choice) {
        enter();
        try {
            int[] prefix = prefixes.tokens(context.document());
            int[] tokens = room(prefix, context, maxTokens);
            Sequence sequence = sequences.get(context.sequence());
            if (sequence == null) {
                sequence = new Sequence(newKv.get());
                sequences.put(context.sequence(), sequence);
            }
            int length = prefix.length + context.tokens().length;
            useDocument(sequence, context.document(), prefix, tokens, length);
            int from = length;
            int to = from;
            do {
                int position = to - prefix.length;
                int start = sequence.resume(tokens, to);
                tokens[to] =
                        sequence.run(new CausalGraph.Step(tokens, start, to, choice, position));
            } while (!profile.ends(tokens[to++]) && to < tokens.length);
            sequences.trim();
            return Arrays.copyOfRange(tokens, from, to);
        } catch (RuntimeException e) {
            // What an interrupted run left behind is not known.
            sequences.remove(context.sequence());
            throw e;
        } finally {
            leave();
        }
    }

    /** Document, context and room for new tokens. */
    private int[] room(int[] prefix, Context context, int maxTokens) {
        int own = context.tokens().length;
        if (own < 1 || maxTokens < 1) {
            throw new IllegalArgumentException(
                    "`tokens` and `max_tokens` must be >= 1 (got %d and %d)"
                            .formatted(own, maxTokens));
        }
        if (prefix.length + own + maxTokens > profile.contextLength()) {
            throw new IllegalArgumentException(
                    "document, context and new tokens must be <= %d tokens (got %d + %d + %d)"
                            .formatted(profile.contextLength(), prefix.length, own, maxTokens));
        }
        int[] tokens = Arrays.copyOf(prefix, prefix.length + own + maxTokens);
        System.arraycopy(context.tokens(), 0, tokens, prefix.length, own);
        return tokens;
    }

    /** Brings the document's keys and values into the sequence, if that saves running it. */
    private void useDocument(
            Sequence sequence, int document, int[] prefix, int[] tokens, int length) {
        int wanted = Math.min(prefix.length, length - 2);
        if (document < 0
                || !keepsDocuments
                || prefix.length < 2
                || sequence.resume(tokens, length) >= wanted) {
            return;
        }
        Sequence kept = documents.get(document);
        if (kept == null) {
            activity.documentMisses.increment();
            int start = sequence.resume(prefix, prefix.length);
            sequence.run(new CausalGraph.Step(prefix, start, prefix.length, TokenChoice.GREEDY, 0));
            documents.put(document, sequence.fork(prefix.length, prefix.length));
            documents.trim();
        } else {
            activity.documentHits.increment();
            sequence.become(kept.fork(prefix.length, tokens.length));
        }
    }

    @Override
    public void release(String sequence) {
        enter();
        try {
            sequences.remove(sequence);
        } finally {
            leave();
        }
    }

    @Override
    public void close() {
        if (!busy.compareAndSet(false, true)) {
            throw concurrentUse();
        }
        try {
            if (!closed) {
                closed = true;
                sequences.close();
                documents.close();
                graph.close();
                tokenizer.close();
            }
        } finally {
            leave();
        }
    }

    private void enter() {
        if (!busy.compareAndSet(false, true)) {
            throw concurrentUse();
        }
        if (closed) {
            leave();
            throw new IllegalStateException("the language model is closed");
        }
    }

    private void leave() {
        busy.set(false);
    }

    private static IllegalStateException concurrentUse() {
        return new IllegalStateException(
                "the language model is used by two threads at once; give it one");
    }
}
