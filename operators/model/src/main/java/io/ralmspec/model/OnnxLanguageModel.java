package io.ralmspec.model;

import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.DocumentCatalog;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.LanguageModel;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.Stride;
import io.ralmspec.decoding.StrideBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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
    private final CausalModel model;
    private final CausalGraph graph;
    private final DocumentPrefixes prefixes;
    private final Supplier<SequenceKv> newKv;
    private final KvCache<Integer, Sequence> documents;
    private final KvCache<String, Sequence> sequences;
    private final Activity activity;
    private final boolean keepsDocuments;
    private final @Nullable RaggedSession shared;
    private final long sequenceKvBytes;
    private final List<SharedRuns> batches = new ArrayList<>();
    private final OneThread oneThread = new OneThread();

    private OnnxLanguageModel(CausalModel model, ModelOptions options, DocumentCatalog catalog) {
        this.model = model;
        ModelDirectory directory = model.files();
        int context = directory.contextLength();
        int documentTokens =
                options.documentTokens() > 0
                        ? options.documentTokens()
                        : Math.max(1, Math.min(256, context * 3 / 8));
        int[] begin = model.begin();
        if (documentTokens < begin.length) {
            throw new IllegalArgumentException(
                    "`document_tokens` must be >= %d, the begin-of-sequence tokens (got %d)"
                            .formatted(begin.length, documentTokens));
        }
        graph = model.graph();
        activity = model.activity();
        profile = new ModelProfile(context, documentTokens, directory.endTokens());
        prefixes = new DocumentPrefixes(catalog, model.tokenizer(), begin, documentTokens);
        documents = new KvCache<>(options.documentKvBytes());
        sequences = new KvCache<>(options.sequenceKvBytes());
        sequenceKvBytes = options.sequenceKvBytes();
        keepsDocuments = options.documentKvBytes() > 0;
        shared = model.graph().loops() ? null : model.shared(options);
        newKv = model.newKv(Math.addExact(options.documentKvBytes(), options.sequenceKvBytes()));
    }

    /**
     * @param directory has {@code model.onnx} (with its external data, if any), {@code
     *     tokenizer.json} and {@code config.json}
     * @throws InvalidModelException if the directory or the graph cannot be used
     */
    public static OnnxLanguageModel open(
            Path directory, ModelOptions options, DocumentCatalog documents) {
        return open(directory, options, documents, options.batch() > 1 && Cuda.chosen(options));
    }

    /**
     * @param loops several greedy tokens are generated per run, which pays where keys and values
     *     must go to a device and back in each; sequences then do not share runs
     */
    static OnnxLanguageModel open(
            Path directory, ModelOptions options, DocumentCatalog documents, boolean loops) {
        CausalModel model = CausalModel.open(directory, options, loops);
        try {
            return new OnnxLanguageModel(model, options, documents);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    @Override
    public ModelProfile profile() {
        return profile;
    }

    /** Of the same directory; open as long as the model. */
    public FileTokenizer tokenizer() {
        return model.tokenizer();
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
    public @Nullable Stride generate(Generation generation, BooleanSupplier cancelled) {
        return generate(generation, StrideChoice.of(generation), cancelled);
    }

    /** Asks {@code cancelled} before every run. */
    @Nullable Stride generate(
            Generation generation, TokenChoice choice, BooleanSupplier cancelled) {
        oneThread.enter();
        try {
            StrideRun run = begin(generation, choice, cancelled);
            if (run == null) {
                return null;
            }
            do {
                if (cancelled.getAsBoolean()) {
                    return null;
                }
                run.accept(run.sequence().run(run.next()));
            } while (!complete(run));
            return run.stride();
        } catch (RuntimeException e) {
            // What an interrupted run left behind is not known.
            sequences.remove(generation.context().sequence());
            throw e;
        } finally {
            sequences.trim();
            oneThread.leave();
        }
    }

    @Override
    public StrideBatch batch() {
        return batch(new RunCosts());
    }

    /**
     * @param costs decide whether sequences share a run
     */
    StrideBatch batch(RunCosts costs) {
        if (shared == null) {
            return LanguageModel.super.batch();
        }
        SharedRuns batch = new SharedRuns(this, shared, sequenceKvBytes, costs);
        batches.add(batch);
        return batch;
    }

    /**
     * Makes ready for the first step. {@code cancelled} is asked once.
     *
     * @return null if cancelled
     */
    @Nullable StrideRun begin(Generation generation, BooleanSupplier cancelled) {
        oneThread.enter();
        try {
            return begin(generation, StrideChoice.of(generation), cancelled);
        } catch (RuntimeException e) {
            sequences.remove(generation.context().sequence());
            throw e;
        } finally {
            oneThread.leave();
        }
    }

    private @Nullable StrideRun begin(
            Generation generation, TokenChoice choice, BooleanSupplier cancelled) {
        Context context = generation.context();
        int[] prefix = prefixes.tokens(context.document());
        int[] tokens = room(prefix, generation);
        Sequence sequence = sequences.get(context.sequence());
        if (sequence == null) {
            sequence = new Sequence(newKv.get());
            sequences.put(context.sequence(), sequence);
        }
        int from = prefix.length + context.tokens().length;
        if (cancelled.getAsBoolean()) {
            return null;
        }
        int draft = addDraft(generation, tokens, from);
        useDocument(sequence, context.document(), prefix, tokens, from + draft, 1 + draft);
        return new StrideRun(generation, choice, sequence, tokens, prefix.length, draft);
    }

    /** Whether the stride has all its tokens. */
    boolean complete(StrideRun run) {
        int last = run.last();
        return last >= 0 && (run.atEnd() || profile.ends(last));
    }

    /** Runs what nothing else of this model may run beside. */
    void exclusively(Runnable work) {
        oneThread.enter();
        try {
            work.run();
        } finally {
            oneThread.leave();
        }
    }

    /** Drops what was computed for a sequence. */
    void forget(String sequence) {
        exclusively(() -> sequences.remove(sequence));
    }

    /** Drops what is over the bound. */
    void trim() {
        exclusively(sequences::trim);
    }

    /**
     * Puts the draft's tokens behind the context, as far as scores after them can matter: not the
     * last token there is room for, and none from an end token on. None at all behind a lone token,
     * which must be run alone, as it is without a draft.
     *
     * @return how many
     */
    private int addDraft(Generation generation, int[] tokens, int from) {
        int[] draft = generation.draft();
        int count = 0;
        if (from > 1 && !graph.lastOnly()) {
            int most = Math.min(draft.length, generation.maxTokens() - 1);
            while (count < most && !profile.ends(draft[count])) {
                tokens[from + count] = draft[count++];
            }
        }
        return count;
    }

    /** Document, context and room for new tokens. */
    private int[] room(int[] prefix, Generation generation) {
        int[] context = generation.context().tokens();
        int own = context.length;
        int maxTokens = generation.maxTokens();
        if (own < 1) {
            throw new IllegalArgumentException("`tokens` must be >= 1 (got 0)");
        }
        if (prefix.length + own + maxTokens > profile.contextLength()) {
            throw new IllegalArgumentException(
                    "document, context and new tokens must be <= %d tokens (got %d + %d + %d)"
                            .formatted(profile.contextLength(), prefix.length, own, maxTokens));
        }
        int[] tokens = Arrays.copyOf(prefix, prefix.length + own + maxTokens);
        System.arraycopy(context, 0, tokens, prefix.length, own);
        return tokens;
    }

    /** Brings the document's keys and values into the sequence, if that saves running it. */
    private void useDocument(
            Sequence sequence, int document, int[] prefix, int[] tokens, int length, int scored) {
        // Runs repeat the last two tokens, so what is missing below that is not worth a copy.
        int latest = GraphStep.latestStart(length, scored);
        int wanted = Math.min(prefix.length, latest) - GraphStep.LEAST;
        if (document < 0
                || !keepsDocuments
                || prefix.length < 2
                || sequence.rewind(tokens, length, scored) >= wanted) {
            return;
        }
        Sequence kept = documents.get(document);
        if (kept == null) {
            activity.documentMisses.increment();
            int start = sequence.rewind(prefix, prefix.length, 0);
            sequence.run(GraphStep.keysAndValues(prefix, start, prefix.length));
            documents.put(document, sequence.fork(prefix.length, prefix.length));
            documents.trim();
        } else {
            activity.documentHits.increment();
            sequence.become(kept.fork(prefix.length, tokens.length));
        }
    }

    @Override
    public void release(String sequence) {
        batches.forEach(batch -> batch.drop(sequence));
        forget(sequence);
    }

    @Override
    public void forgetDocuments() {
        exclusively(documents::clear);
    }

    @Override
    public void close() {
        oneThread.close(
                () -> {
                    sequences.close();
                    documents.close();
                    if (shared != null) {
                        shared.close();
                    }
                    model.close();
                });
    }
}
