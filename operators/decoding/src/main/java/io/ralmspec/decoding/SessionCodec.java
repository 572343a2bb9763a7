package io.ralmspec.decoding;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Sessions as bytes, with a version in front: state outlives the program that wrote it. A new
 * version reads every older one.
 */
final class SessionCodec {
    private static final int VERSION = 1;
    private static final FinishReason[] FINISH_REASONS = FinishReason.values();

    private SessionCodec() {}

    static byte[] encode(SessionState state) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            writeRequest(out, state.request());
            out.writeLong(state.receivedMillis());
            out.writeByte(state.phase().ordinal());
            out.writeInt(state.epoch());
            writeTranscript(out, state.transcript());
            writeHit(out, state.document());
            out.writeInt(state.steps().size());
            for (Step step : state.steps()) {
                writeStep(out, step);
            }
            writeInts(out, state.cache().documents());
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
            if (version != VERSION) {
                throw new IllegalArgumentException(
                        ("session state version must be %d (got %d): this job is older than its"
                                        + " state")
                                .formatted(VERSION, version));
            }
            return new SessionState(
                    readRequest(in),
                    in.readLong(),
                    Phase.values()[in.readByte()],
                    in.readInt(),
                    readTranscript(in),
                    readHit(in),
                    readSteps(in),
                    new SpeculationCache(readInts(in)),
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
        out.writeInt(retrieval.stride());
        out.writeInt(retrieval.queryTokens());
        out.writeInt(retrieval.speculationStride());
        out.writeInt(retrieval.prefetch());
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
                        in.readInt(),
                        in.readInt(),
                        in.readInt(),
                        in.readInt());
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

    private static void writeHit(DataOutputStream out, Hit hit) throws IOException {
        out.writeInt(hit.document());
        out.writeFloat(hit.score());
    }

    private static Hit readHit(DataInputStream in) throws IOException {
        return new Hit(in.readInt(), in.readFloat());
    }

    private static void writeStep(DataOutputStream out, Step step) throws IOException {
        writeInts(out, step.tokens());
        writeString(out, step.query().text());
        out.writeInt(step.query().vector().length);
        for (float value : step.query().vector()) {
            out.writeFloat(value);
        }
        writeHit(out, step.guess());
        FinishReason end = step.end();
        out.writeByte(end == null ? -1 : end.ordinal());
    }

    private static List<Step> readSteps(DataInputStream in) throws IOException {
        List<Step> steps = new ArrayList<>();
        for (int i = in.readInt(); i > 0; i--) {
            int[] tokens = readInts(in);
            String text = readString(in);
            float[] vector = new float[in.readInt()];
            for (int d = 0; d < vector.length; d++) {
                vector[d] = in.readFloat();
            }
            Hit guess = readHit(in);
            int end = in.readByte();
            steps.add(
                    new Step(
                            tokens,
                            new Query(text, vector),
                            guess,
                            end < 0 ? null : FINISH_REASONS[end]));
        }
        return steps;
    }

    private static void writeCounters(DataOutputStream out, Counters counters) throws IOException {
        out.writeInt(counters.rounds());
        out.writeInt(counters.guesses());
        out.writeInt(counters.accepted());
        out.writeInt(counters.rolledBackTokens());
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
