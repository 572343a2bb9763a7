package io.ralmspec.model;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.ralmspec.decoding.DocumentEncoder;
import io.ralmspec.decoding.QueryEncoder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A sentence encoder: embeds queries and documents as vectors of unit length. Thread-safe. A text's
 * vector is the same to the bit alone and in any batch, which is why only fp32 graphs are taken.
 *
 * <p>The directory has sentence-transformers' layout: {@code model.onnx}, {@code tokenizer.json},
 * {@code modules.json}, {@code sentence_bert_config.json}, {@code 1_Pooling/config.json} and, for
 * prefixes, {@code config_sentence_transformers.json} with the prompts {@code query} and {@code
 * document}.
 */
public final class OnnxEncoder implements QueryEncoder, DocumentEncoder, AutoCloseable {
    /** Rows times longest row of one run; bounds memory, and more is not faster on a CPU. */
    private static final int RUN_TOKENS = 4096;

    private static final Set<String> INPUTS =
            Set.of("input_ids", "attention_mask", "token_type_ids");

    private final EncoderDirectory directory;
    private final HuggingFaceTokenizer tokenizer;
    private final OrtEnvironment environment;
    private final OrtSession session;
    private final Set<String> inputs;
    private final String output;
    private final int dimension;

    private OnnxEncoder(
            EncoderDirectory directory,
            HuggingFaceTokenizer tokenizer,
            OrtEnvironment environment,
            OrtSession session)
            throws OrtException {
        this.directory = directory;
        this.tokenizer = tokenizer;
        this.environment = environment;
        this.session = session;
        inputs = session.getInputNames();
        for (String name : inputs) {
            if (!INPUTS.contains(name)) {
                throw new InvalidModelException(
                        "%s has an input `%s`: only input_ids, attention_mask and token_type_ids are supported"
                                .formatted(directory.graph(), name));
            }
        }
        Map.Entry<String, TensorInfo> vectors = tokenVectors(directory.graph(), session);
        output = vectors.getKey();
        dimension = Math.toIntExact(vectors.getValue().getShape()[2]);
    }

    /**
     * @param threads used inside one run, at least 1
     * @throws InvalidModelException if the directory or the graph cannot be used
     */
    public static OnnxEncoder open(Path directory, int threads) {
        EncoderDirectory files = EncoderDirectory.read(directory);
        HuggingFaceTokenizer tokenizer = TokenizerFile.open(files.tokenizer(), files.maxTokens());
        OrtEnvironment environment = Sessions.environment();
        OrtSession session = null;
        try (OrtSession.SessionOptions options = Sessions.cpu(threads)) {
            session = environment.createSession(files.graph().toString(), options);
            return new OnnxEncoder(files, tokenizer, environment, session);
        } catch (OrtException | RuntimeException e) {
            tokenizer.close();
            Sessions.close(session);
            throw Sessions.invalid(files.graph(), e);
        }
    }

    @Override
    public int dimension() {
        return dimension;
    }

    @Override
    public String fingerprint() {
        return directory.fingerprint();
    }

    @Override
    public float[] encode(String text) {
        return embed(List.of(directory.queryPrefix() + text))[0];
    }

    @Override
    public float[][] encodeDocuments(List<String> texts) {
        String prefix = directory.documentPrefix();
        return embed(prefix.isEmpty() ? texts : texts.stream().map(prefix::concat).toList());
    }

    private float[][] embed(List<String> texts) {
        if (texts.isEmpty()) {
            return new float[0][];
        }
        long[][] tokens =
                Arrays.stream(tokenizer.batchEncode(texts, true, false))
                        .map(Encoding::getIds)
                        .toArray(long[][]::new);
        // Longest first: rows of a run have nearly the same length, so little is spent on padding.
        int[] order =
                IntStream.range(0, tokens.length)
                        .boxed()
                        .sorted(Comparator.comparingInt((Integer i) -> -tokens[i].length))
                        .mapToInt(Integer::intValue)
                        .toArray();
        float[][] vectors = new float[tokens.length][];
        int from = 0;
        while (from < order.length) {
            int rows = Math.max(1, RUN_TOKENS / tokens[order[from]].length);
            int to = Math.min(order.length, from + rows);
            run(tokens, Arrays.copyOfRange(order, from, to), vectors);
            from = to;
        }
        return vectors;
    }

    /** Fills {@code vectors[row]} for each of {@code rows}; the first row is the longest. */
    private void run(long[][] tokens, int[] rows, float[][] vectors) {
        int width = tokens[rows[0]].length;
        LongBuffer ids = LongBuffer.allocate(rows.length * width);
        LongBuffer mask = LongBuffer.allocate(rows.length * width);
        for (int r = 0; r < rows.length; r++) {
            long[] row = tokens[rows[r]];
            ids.put(r * width, row);
            Arrays.fill(mask.array(), r * width, r * width + row.length, 1);
        }
        long[] shape = {rows.length, width};
        Map<String, OnnxTensor> feeds = new HashMap<>();
        try {
            for (String input : inputs) {
                LongBuffer values =
                        switch (input) {
                            case "input_ids" -> ids;
                            case "attention_mask" -> mask;
                            default -> LongBuffer.allocate(rows.length * width);
                        };
                feeds.put(input, OnnxTensor.createTensor(environment, values, shape));
            }
            try (OrtSession.Result result = session.run(feeds, Set.of(output))) {
                FloatBuffer states = ((OnnxTensor) result.get(0)).getFloatBuffer();
                for (int r = 0; r < rows.length; r++) {
                    int length = tokens[rows[r]].length;
                    vectors[rows[r]] = pool(states, r * width * dimension, length);
                }
            }
        } catch (OrtException e) {
            throw new ModelRunException(
                    "encoding %d texts of up to %d tokens failed: %s"
                            .formatted(rows.length, width, e.getMessage()),
                    e);
        } finally {
            feeds.values().forEach(OnnxTensor::close);
        }
    }

    private float[] pool(FloatBuffer states, int offset, int length) {
        int counted =
                switch (directory.pooling()) {
                    case CLS -> 1;
                    case MEAN -> length;
                };
        double[] sum = new double[dimension];
        for (int t = 0; t < counted; t++) {
            int at = offset + t * dimension;
            for (int d = 0; d < dimension; d++) {
                sum[d] += states.get(at + d);
            }
        }
        double squares = 0;
        for (double x : sum) {
            squares += x * x;
        }
        // Dividing by the count first would change nothing: the length is normalised anyway.
        double scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
        float[] vector = new float[dimension];
        for (int d = 0; d < dimension; d++) {
            vector[d] = (float) (sum[d] * scale);
        }
        return vector;
    }

    /** The output with one vector per token: [batch, tokens, dimension]. */
    private static Map.Entry<String, TensorInfo> tokenVectors(Path graph, OrtSession session)
            throws OrtException {
        for (Map.Entry<String, NodeInfo> entry : session.getOutputInfo().entrySet()) {
            if (entry.getValue().getInfo() instanceof TensorInfo info
                    && info.type == OnnxJavaType.FLOAT
                    && info.getShape().length == 3
                    && info.getShape()[2] > 0) {
                return Map.entry(entry.getKey(), info);
            }
        }
        throw new InvalidModelException(
                "%s has no float output of shape [batch, tokens, dimension]: export the encoder's last hidden state"
                        .formatted(graph));
    }

    @Override
    public void close() {
        tokenizer.close();
        Sessions.close(session);
    }
}
