package io.ralmspec.decoding;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sessions as bytes, with a version in front: state outlives the program that wrote it. From the
 * first release on, a new version reads every older one.
 */
final class SessionCodec {
    private static final int VERSION = 3;

    /** The last version without the knowledge base. */
    private static final int WITHOUT_KNOWLEDGE_BASE = 2;

    private static final FinishReason[] FINISH_REASONS = FinishReason.values();

    private SessionCodec() {}

    static byte[] encode(SessionState state) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            writeRequest(out, state.request());
            out.writeLong(state.receivedMillis());
            writeString(out, state.knowledgeBase());
            out.writeByte(state.phase().ordinal());
            out.writeInt(state.epoch());
            out.writeInt(state.generating());
            out.writeInt(state.verifying());
            out.writeInt(state.asked());
            out.writeInt(state.topN());
            out.writeBoolean(state.stepBeside());
            out.writeBoolean(state.callBeside());
            writeTranscript(out, state.transcript());
            out.writeInt(state.steps().size());
            for (Step step : state.steps()) {
                writeStep(out, step);
            }
            writeInts(out, state.cache().documents());
            writeEstimates(out, state.estimates());
            writeInts(out, state.outcomes().survived());
            writeInts(out, state.outcomes().failed());
            writeCounters(out, state.counters());
            writeTimings(out, state.timings());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static SessionState decode(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int version = in.readByte();
            if (version < WITHOUT_KNOWLEDGE_BASE || version > VERSION) {
                throw new IllegalArgumentException(
                        ("session state version must be in [%d, %d] (got %d): restore it with the"
                                        + " release that wrote it")
                                .formatted(WITHOUT_KNOWLEDGE_BASE, VERSION, version));
            }
            return new SessionState(
                    readRequest(in),
                    in.readLong(),
                    version == WITHOUT_KNOWLEDGE_BASE ? "" : readString(in),
                    Phase.values()[in.readByte()],
                    in.readInt(),
                    in.readInt(),
                    in.readInt(),
                    in.readInt(),
                    in.readInt(),
                    in.readBoolean(),
                    in.readBoolean(),
                    readTranscript(in),
                    readSteps(in),
                    new SpeculationCache(readInts(in)),
                    readEstimates(in),
                    new Outcomes(readInts(in), readInts(in)),
                    readCounters(in),
                    readTimings(in));
        } catch (IOException e) {
            throw new IllegalArgumentException("session state is truncated", e);
        }
    }

    private static void writeRequest(DataOutputStream out, DecodingRequest request)
            throws IOException {
        writeString(out, request.id());
        writeString(out, request.prompt());
        out.writeInt(request.maxTokens());
        out.writeInt(request.stop().size());
        for (String stop : request.stop()) {
            writeString(out, stop);
        }
        out.writeDouble(request.sampling().temperature());
        out.writeDouble(request.sampling().topP());
        out.writeLong(request.sampling().seed());
        RetrievalParameters retrieval = request.retrieval();
        writeString(out, retrieval.retriever().wireName());
        out.writeByte(retrieval.mode().ordinal());
        writeString(out, retrieval.scheme().wireName());
        out.writeDouble(retrieval.confidence());
        out.writeInt(retrieval.stride());
        out.writeInt(retrieval.queryTokens());
        SpeculationPolicy speculation = retrieval.speculation();
        writeString(out, speculation.rule().wireName());
        out.writeInt(speculation.stride());
        out.writeInt(speculation.prefetch());
        out.writeBoolean(speculation.async());
        out.writeBoolean(speculation.recovery());
        out.writeBoolean(request.stream());
        out.writeLong(request.deadlineMillis());
    }

    private static DecodingRequest readRequest(DataInputStream in) throws IOException {
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
                        new SpeculationPolicy(
                                StrideRule.ofWireName(readString(in)).orElseThrow(),
                                in.readInt(),
                                in.readInt(),
                                in.readBoolean(),
                                in.readBoolean()));
        return new DecodingRequest(
                id, prompt, maxTokens, stop, sampling, retrieval, in.readBoolean(), in.readLong());
    }

    private static void writeTranscript(DataOutputStream out, Transcript transcript)
            throws IOException {
        writeInts(out, transcript.prompt());
        writeInts(out, transcript.generated());
        out.writeInt(transcript.sources().size());
        for (Source source : transcript.sources()) {
            writeString(out, source.documentId());
            writeString(out, source.title());
            out.writeFloat(source.score());
            out.writeInt(source.fromToken());
            out.writeInt(source.toToken());
        }
        out.writeInt(transcript.deltas());
        out.writeInt(transcript.deltaCharacters());
    }

    private static Transcript readTranscript(DataInputStream in) throws IOException {
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

    private static void writeHit(DataOutputStream out, @Nullable Hit hit) throws IOException {
        out.writeBoolean(hit != null);
        if (hit != null) {
            out.writeInt(hit.document());
            out.writeFloat(hit.score());
        }
    }

    private static @Nullable Hit readHit(DataInputStream in) throws IOException {
        return in.readBoolean() ? new Hit(in.readInt(), in.readFloat()) : null;
    }

    private static void writeQuery(DataOutputStream out, @Nullable Query query) throws IOException {
        out.writeBoolean(query != null);
        if (query != null) {
            writeString(out, query.text());
            out.writeInt(query.vector().length);
            ByteBuffer bytes = ByteBuffer.allocate(query.vector().length * Float.BYTES);
            bytes.asFloatBuffer().put(query.vector());
            out.write(bytes.array());
        }
    }

    private static @Nullable Query readQuery(DataInputStream in) throws IOException {
        if (!in.readBoolean()) {
            return null;
        }
        String text = readString(in);
        float[] vector = new float[in.readInt()];
        byte[] bytes = new byte[vector.length * Float.BYTES];
        in.readFully(bytes);
        ByteBuffer.wrap(bytes).asFloatBuffer().get(vector);
        return new Query(text, vector);
    }

    private static void writeStep(DataOutputStream out, Step step) throws IOException {
        writeInts(out, step.tokens());
        out.writeBoolean(step.kept());
        writeQuery(out, step.query());
        writeHit(out, step.guess());
        writeHit(out, step.truth());
        FinishReason end = step.end();
        out.writeByte(end == null ? -1 : end.ordinal());
    }

    private static List<Step> readSteps(DataInputStream in) throws IOException {
        List<Step> steps = new ArrayList<>();
        for (int i = in.readInt(); i > 0; i--) {
            int[] tokens = readInts(in);
            boolean kept = in.readBoolean();
            Query query = readQuery(in);
            Hit guess = readHit(in);
            Hit truth = readHit(in);
            int end = in.readByte();
            steps.add(
                    new Step(
                            tokens,
                            kept,
                            query,
                            guess,
                            truth,
                            end < 0 ? null : FINISH_REASONS[end]));
        }
        return steps;
    }

    private static void writeEstimates(DataOutputStream out, Estimates estimates)
            throws IOException {
        out.writeDouble(estimates.step());
        out.writeDouble(estimates.stepBeside());
        writeCallCost(out, estimates.plainCall());
        writeCallCost(out, estimates.call());
        writeCallCost(out, estimates.callBeside());
        out.writeDouble(estimates.gamma());
    }

    private static Estimates readEstimates(DataInputStream in) throws IOException {
        return new Estimates(
                in.readDouble(),
                in.readDouble(),
                readCallCost(in),
                readCallCost(in),
                readCallCost(in),
                in.readDouble());
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

    private static void writeCounters(DataOutputStream out, Counters counters) throws IOException {
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

    private static Counters readCounters(DataInputStream in) throws IOException {
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

    private static void writeTimings(DataOutputStream out, Timings timings) throws IOException {
        out.writeDouble(timings.queue());
        out.writeDouble(timings.firstToken());
        out.writeDouble(timings.retrieval());
        out.writeDouble(timings.generation());
        out.writeDouble(timings.total());
    }

    private static Timings readTimings(DataInputStream in) throws IOException {
        return new Timings(
                in.readDouble(),
                in.readDouble(),
                in.readDouble(),
                in.readDouble(),
                in.readDouble());
    }

    private static void writeInts(DataOutputStream out, int[] values) throws IOException {
        out.writeInt(values.length);
        for (int value : values) {
            out.writeInt(value);
        }
    }

    private static int[] readInts(DataInputStream in) throws IOException {
        int[] values = new int[in.readInt()];
        for (int i = 0; i < values.length; i++) {
            values[i] = in.readInt();
        }
        return values;
    }

    private static void writeString(DataOutputStream out, String value) throws IOException {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        out.writeInt(utf8.length);
        out.write(utf8);
    }

    private static String readString(DataInputStream in) throws IOException {
        byte[] utf8 = new byte[in.readInt()];
        in.readFully(utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
