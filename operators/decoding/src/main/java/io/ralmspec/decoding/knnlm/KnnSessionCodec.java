package io.ralmspec.decoding.knnlm;

import static io.ralmspec.decoding.SessionFields.readFloats;
import static io.ralmspec.decoding.SessionFields.readInts;
import static io.ralmspec.decoding.SessionFields.write;

import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.Phase;
import io.ralmspec.decoding.SessionFields;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * KNN-LM sessions as bytes, with a version in front. Versions start at 64, so that these bytes are
 * told from those of other sessions. From the first release on, a new version reads every older
 * one.
 */
final class KnnSessionCodec {
    private static final int FIRST_VERSION = 64;
    private static final int WITH_LOAD = 65;
    private static final int VERSION = 66;

    private KnnSessionCodec() {}

    static boolean wrote(byte[] bytes) {
        return bytes.length > 0 && bytes[0] >= FIRST_VERSION;
    }

    static byte[] encode(KnnState state) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(4096);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            write(out, state.request());
            out.writeLong(state.receivedMillis());
            write(out, state.datastore());
            out.writeByte(state.phase().ordinal());
            out.writeInt(state.epoch());
            out.writeInt(state.generating());
            out.writeInt(state.count());
            out.writeInt(state.verifying());
            out.writeInt(state.settling());
            out.writeInt(state.asked());
            out.writeBoolean(state.careful());
            out.writeBoolean(state.guessing());
            out.writeInt(state.unguessed());
            out.writeBoolean(state.stepBeside());
            out.writeBoolean(state.callBeside());
            write(out, state.transcript());
            write(out, state.drafts());
            out.writeInt(state.keys().size());
            for (float[] key : state.keys()) {
                write(out, key);
            }
            write(out, state.draftEnd());
            out.writeInt(state.found().size());
            for (int[] positions : state.found()) {
                write(out, positions);
            }
            write(out, state.cache().positions());
            write(out, state.estimates());
            out.writeDouble(state.estimates().turn());
            write(out, state.outcomes());
            write(out, state.counters());
            write(out, state.timings());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static KnnState decode(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int version = in.readByte();
            if (version < FIRST_VERSION || version > VERSION) {
                throw new IllegalArgumentException(
                        ("KNN-LM session state version must be in [%d, %d] (got %d): restore it"
                                        + " with the release that wrote it")
                                .formatted(FIRST_VERSION, VERSION, version));
            }
            return new KnnState(
                    SessionFields.readRequest(in),
                    in.readLong(),
                    SessionFields.readString(in),
                    Phase.values()[in.readByte()],
                    in.readInt(),
                    in.readInt(),
                    in.readInt(),
                    in.readInt(),
                    in.readInt(),
                    in.readInt(),
                    in.readBoolean(),
                    in.readBoolean(),
                    in.readInt(),
                    in.readBoolean(),
                    in.readBoolean(),
                    SessionFields.readTranscript(in),
                    readInts(in),
                    readKeys(in),
                    SessionFields.readFinishReason(in),
                    readFound(in),
                    new SuccessorCache(readInts(in)),
                    readEstimates(in, version),
                    SessionFields.readOutcomes(in),
                    SessionFields.readCounters(in),
                    SessionFields.readTimings(in));
        } catch (IOException e) {
            throw new IllegalArgumentException("KNN-LM session state is truncated", e);
        }
    }

    private static Estimates readEstimates(DataInputStream in, int version) throws IOException {
        Estimates estimates = SessionFields.readEstimates(in);
        return version < WITH_LOAD ? estimates : estimates.withTurn(in.readDouble());
    }

    private static List<float[]> readKeys(DataInputStream in) throws IOException {
        List<float[]> keys = new ArrayList<>();
        for (int i = in.readInt(); i > 0; i--) {
            keys.add(readFloats(in));
        }
        return keys;
    }

    private static List<int[]> readFound(DataInputStream in) throws IOException {
        List<int[]> found = new ArrayList<>();
        for (int i = in.readInt(); i > 0; i--) {
            found.add(readInts(in));
        }
        return found;
    }
}
