package io.ralmspec.decoding;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sessions as bytes, with a version in front: state outlives the program that wrote it. From the
 * first release on, a new version reads every older one.
 */
final class SessionCodec {
    private static final int VERSION = 5;

    /** The last version without the knowledge base. */
    private static final int WITHOUT_KNOWLEDGE_BASE = 2;

    /** The first version with the model's load. */
    private static final int WITH_LOAD = 4;

    private SessionCodec() {}

    static byte[] encode(SessionState state) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            SessionFields.write(out, state.request());
            out.writeLong(state.receivedMillis());
            SessionFields.write(out, state.knowledgeBase());
            out.writeByte(state.phase().ordinal());
            out.writeInt(state.epoch());
            out.writeInt(state.generating());
            out.writeInt(state.verifying());
            out.writeInt(state.asked());
            out.writeInt(state.topN());
            out.writeBoolean(state.stepBeside());
            out.writeBoolean(state.callBeside());
            SessionFields.write(out, state.transcript());
            out.writeInt(state.steps().size());
            for (Step step : state.steps()) {
                writeStep(out, step);
            }
            SessionFields.write(out, state.cache().documents());
            SessionFields.write(out, state.estimates());
            out.writeDouble(state.estimates().turn());
            SessionFields.write(out, state.outcomes());
            SessionFields.write(out, state.counters());
            SessionFields.write(out, state.timings());
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
                    SessionFields.readRequest(in),
                    in.readLong(),
                    version == WITHOUT_KNOWLEDGE_BASE ? "" : SessionFields.readString(in),
                    Phase.values()[in.readByte()],
                    in.readInt(),
                    in.readInt(),
                    in.readInt(),
                    in.readInt(),
                    in.readInt(),
                    in.readBoolean(),
                    in.readBoolean(),
                    SessionFields.readTranscript(in),
                    readSteps(in),
                    new SpeculationCache(SessionFields.readInts(in)),
                    readEstimates(in, version),
                    SessionFields.readOutcomes(in),
                    SessionFields.readCounters(in),
                    SessionFields.readTimings(in));
        } catch (IOException e) {
            throw new IllegalArgumentException("session state is truncated", e);
        }
    }

    private static Estimates readEstimates(DataInputStream in, int version) throws IOException {
        Estimates estimates = SessionFields.readEstimates(in);
        return version < WITH_LOAD ? estimates : estimates.withTurn(in.readDouble());
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
            SessionFields.write(out, query.text());
            SessionFields.write(out, query.vector());
        }
    }

    private static @Nullable Query readQuery(DataInputStream in) throws IOException {
        if (!in.readBoolean()) {
            return null;
        }
        return new Query(SessionFields.readString(in), SessionFields.readFloats(in));
    }

    private static void writeStep(DataOutputStream out, Step step) throws IOException {
        SessionFields.write(out, step.tokens());
        out.writeBoolean(step.kept());
        writeQuery(out, step.query());
        writeHit(out, step.guess());
        writeHit(out, step.truth());
        SessionFields.write(out, step.end());
    }

    private static List<Step> readSteps(DataInputStream in) throws IOException {
        List<Step> steps = new ArrayList<>();
        for (int i = in.readInt(); i > 0; i--) {
            int[] tokens = SessionFields.readInts(in);
            boolean kept = in.readBoolean();
            Query query = readQuery(in);
            Hit guess = readHit(in);
            Hit truth = readHit(in);
            FinishReason end = SessionFields.readFinishReason(in);
            steps.add(new Step(tokens, kept, query, guess, truth, end));
        }
        return steps;
    }
}
