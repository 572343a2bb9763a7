package io.ralmspec.decoding;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the values that every kind of session has lie in its bytes. What a read method reads is what
 * the write method for the same type wrote.
 */
public final class SessionFields {
    private static final FinishReason[] FINISH_REASONS = FinishReason.values();

    /** Bits of one byte, which before there was a second one was true or false: 1 or 0. */
    private static final int RECOVERY = 1;

    private static final int GRAPH = 2;

    private SessionFields() {}

    /**
     * The parameters of KNN-LM only in its modes: the others don't use them, and their bytes must
     * stay what they were before there were any.
     */
    public static void write(DataOutputStream out, DecodingRequest request) throws IOException {
        write(out, request.id());
        write(out, request.prompt());
        out.writeInt(request.maxTokens());
        out.writeInt(request.stop().size());
        for (String stop : request.stop()) {
            write(out, stop);
        }
        out.writeDouble(request.sampling().temperature());
        out.writeDouble(request.sampling().topP());
        out.writeLong(request.sampling().seed());
        RetrievalParameters retrieval = request.retrieval();
        write(out, retrieval.retriever().wireName());
        out.writeByte(retrieval.mode().ordinal());
        write(out, retrieval.scheme().wireName());
        out.writeDouble(retrieval.confidence());
        out.writeInt(retrieval.stride());
        out.writeInt(retrieval.queryTokens());
        SpeculationPolicy speculation = retrieval.speculation();
        write(out, speculation.rule().wireName());
        out.writeInt(speculation.stride());
        out.writeInt(speculation.prefetch());
        out.writeBoolean(speculation.async());
        out.writeByte((speculation.recovery() ? RECOVERY : 0) | (speculation.graph() ? GRAPH : 0));
        if (retrieval.mode().neighbours()) {
            write(out, retrieval.knn());
        }
        out.writeBoolean(request.stream());
        out.writeLong(request.deadlineMillis());
    }

    /** In a mode other than KNN-LM's, with {@link KnnParameters#DEFAULT}. */
    public static DecodingRequest readRequest(DataInputStream in) throws IOException {
        String id = readString(in);
        String prompt = readString(in);
        int maxTokens = in.readInt();
        List<String> stop = new ArrayList<>();
        for (int i = in.readInt(); i > 0; i--) {
            stop.add(readString(in));
        }
        Sampling sampling = new Sampling(in.readDouble(), in.readDouble(), in.readLong());
        RetrievalParameters retrieval =
                new RetrievalParameters(
                        RetrieverKind.ofWireName(readString(in)).orElseThrow(),
                        DecodingMode.values()[in.readByte()],
                        RetrievalScheme.ofWireName(readString(in)).orElseThrow(),
                        in.readDouble(),
                        in.readInt(),
                        in.readInt(),
                        readSpeculationPolicy(in));
        if (retrieval.mode().neighbours()) {
            retrieval = retrieval.with(readKnnParameters(in));
        }
        return new DecodingRequest(
                id, prompt, maxTokens, stop, sampling, retrieval, in.readBoolean(), in.readLong());
    }

    private static SpeculationPolicy readSpeculationPolicy(DataInputStream in) throws IOException {
        StrideRule rule = StrideRule.ofWireName(readString(in)).orElseThrow();
        int stride = in.readInt();
        int prefetch = in.readInt();
        boolean async = in.readBoolean();
        int flags = in.readByte();
        boolean recovery = (flags & RECOVERY) != 0;
        return new SpeculationPolicy(rule, stride, prefetch, async, recovery, (flags & GRAPH) != 0);
    }

    public static void write(DataOutputStream out, KnnParameters parameters) throws IOException {
        out.writeDouble(parameters.lambda());
        out.writeDouble(parameters.temperature());
        out.writeInt(parameters.neighbours());
        out.writeInt(parameters.successors());
        out.writeInt(parameters.prefetch());
        out.writeInt(parameters.cacheEntries());
    }

    public static KnnParameters readKnnParameters(DataInputStream in) throws IOException {
        return new KnnParameters(
                in.readDouble(),
                in.readDouble(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readInt());
    }

    public static void write(DataOutputStream out, Transcript transcript) throws IOException {
        write(out, transcript.prompt());
        write(out, transcript.generated());
        out.writeInt(transcript.sources().size());
        for (Source source : transcript.sources()) {
            write(out, source.documentId());
            write(out, source.title());
            out.writeFloat(source.score());
            out.writeInt(source.fromToken());
            out.writeInt(source.toToken());
        }
        out.writeInt(transcript.deltas());
        out.writeInt(transcript.deltaCharacters());
    }

    public static Transcript readTranscript(DataInputStream in) throws IOException {
        int[] prompt = readInts(in);
        int[] generated = readInts(in);
        List<Source> sources = new ArrayList<>();
        for (int i = in.readInt(); i > 0; i--) {
            sources.add(
                    new Source(
                            readString(in),
                            readString(in),
                            in.readFloat(),
                            in.readInt(),
                            in.readInt()));
        }
        return new Transcript(prompt, generated, sources, in.readInt(), in.readInt());
    }

    /** Without {@link Estimates#turn}. */
    public static void write(DataOutputStream out, Estimates estimates) throws IOException {
        out.writeDouble(estimates.step());
        out.writeDouble(estimates.stepBeside());
        writeCallCost(out, estimates.plainCall());
        writeCallCost(out, estimates.call());
        writeCallCost(out, estimates.callBeside());
        out.writeDouble(estimates.gamma());
    }

    /** Without {@link Estimates#turn}, which is 0. */
    public static Estimates readEstimates(DataInputStream in) throws IOException {
        return new Estimates(
                in.readDouble(),
                in.readDouble(),
                readCallCost(in),
                readCallCost(in),
                readCallCost(in),
                in.readDouble(),
                0);
    }

    private static void writeCallCost(DataOutputStream out, CallCost cost) throws IOException {
        out.writeDouble(cost.weight());
        out.writeDouble(cost.queries());
        out.writeDouble(cost.seconds());
        out.writeDouble(cost.queriesSquared());
        out.writeDouble(cost.queriesSeconds());
    }

    private static CallCost readCallCost(DataInputStream in) throws IOException {
        return new CallCost(
                in.readDouble(),
                in.readDouble(),
                in.readDouble(),
                in.readDouble(),
                in.readDouble());
    }

    public static void write(DataOutputStream out, Counters counters) throws IOException {
        out.writeInt(counters.rounds());
        out.writeInt(counters.guesses());
        out.writeInt(counters.accepted());
        out.writeInt(counters.rolledBackTokens());
        out.writeInt(counters.redraftedSteps());
        out.writeInt(counters.unchangedSteps());
        out.writeInt(counters.recoveredTokens());
        out.writeInt(counters.cancelledSteps());
        out.writeInt(counters.retrievalCalls());
        out.writeInt(counters.retrievalQueries());
        out.writeInt(counters.modelSteps());
    }

    public static Counters readCounters(DataInputStream in) throws IOException {
        return new Counters(
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readInt());
    }

    public static void write(DataOutputStream out, Timings timings) throws IOException {
        out.writeDouble(timings.queue());
        out.writeDouble(timings.firstToken());
        out.writeDouble(timings.retrieval());
        out.writeDouble(timings.generation());
        out.writeDouble(timings.total());
    }

    public static Timings readTimings(DataInputStream in) throws IOException {
        return new Timings(
                in.readDouble(),
                in.readDouble(),
                in.readDouble(),
                in.readDouble(),
                in.readDouble());
    }

    public static void write(DataOutputStream out, int[] values) throws IOException {
        out.writeInt(values.length);
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Integer.BYTES);
        bytes.asIntBuffer().put(values);
        out.write(bytes.array());
    }

    public static int[] readInts(DataInputStream in) throws IOException {
        int[] values = new int[in.readInt()];
        byte[] bytes = new byte[values.length * Integer.BYTES];
        in.readFully(bytes);
        ByteBuffer.wrap(bytes).asIntBuffer().get(values);
        return values;
    }

    public static void write(DataOutputStream out, String value) throws IOException {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        out.writeInt(utf8.length);
        out.write(utf8);
    }

    public static String readString(DataInputStream in) throws IOException {
        byte[] utf8 = new byte[in.readInt()];
        in.readFully(utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    public static void write(DataOutputStream out, Outcomes outcomes) throws IOException {
        write(out, outcomes.survived());
        write(out, outcomes.failed());
    }

    public static Outcomes readOutcomes(DataInputStream in) throws IOException {
        return new Outcomes(readInts(in), readInts(in));
    }

    public static void write(DataOutputStream out, float[] values) throws IOException {
        out.writeInt(values.length);
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
        bytes.asFloatBuffer().put(values);
        out.write(bytes.array());
    }

    public static float[] readFloats(DataInputStream in) throws IOException {
        float[] values = new float[in.readInt()];
        byte[] bytes = new byte[values.length * Float.BYTES];
        in.readFully(bytes);
        ByteBuffer.wrap(bytes).asFloatBuffer().get(values);
        return values;
    }

    public static void write(DataOutputStream out, @Nullable FinishReason reason)
            throws IOException {
        out.writeByte(reason == null ? -1 : reason.ordinal());
    }

    public static @Nullable FinishReason readFinishReason(DataInputStream in) throws IOException {
        int ordinal = in.readByte();
        return ordinal < 0 ? null : FINISH_REASONS[ordinal];
    }
}
