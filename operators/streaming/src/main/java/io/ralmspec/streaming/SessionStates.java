package io.ralmspec.streaming;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.KeyedStateBackend;
import org.apache.flink.runtime.state.VoidNamespace;
import org.jspecify.annotations.Nullable;

/**
 * All keyed state of the job, keyed by request id: the session while a request is in flight, and
 * afterwards, for the retention window, the fact that it was answered. Every method but {@link
 * #sessionKeys} works on the current key.
 *
 * <p><i>How state evolves.</i> To Flink a session is bytes, so that its layout is ours alone and no
 * serializer of Flink's decides what may change. A changed layout gets a new version in {@link
 * StoredSession} or in the session inside; every released version is read for ever and written
 * again in today's, and a newer one is refused: going back to an older release needs a savepoint
 * that it wrote. State names, operator uids and the maximum parallelism never change. The queue of
 * the verification operator is written by Flink as records; what it loses the head asks for again.
 * Tests hold all this: bytes of every version, and a whole savepoint, are among the test resources.
 */
final class SessionStates {
    private static final String SESSION = "session";
    private static final String ANSWERED = "answered";

    private final ValueState<byte[]> session;
    private final ValueState<Long> answeredMillis;

    SessionStates(KeyedStateStore store, Duration retention) {
        session =
                store.getState(
                        new ValueStateDescriptor<>(
                                SESSION, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
        ValueStateDescriptor<Long> answered = new ValueStateDescriptor<>(ANSWERED, Types.LONG);
        answered.enableTimeToLive(StateTtlConfig.newBuilder(retention).build());
        answeredMillis = store.getState(answered);
    }

    @Nullable StoredSession load() throws IOException {
        byte[] bytes = session.value();
        return bytes == null ? null : StoredSession.fromBytes(bytes);
    }

    void store(StoredSession stored) throws IOException {
        session.update(stored.toBytes());
    }

    /** Whether a request with this id is in flight or was answered within the retention window. */
    boolean known() throws IOException {
        return session.value() != null || answeredMillis.value() != null;
    }

    /** Forgets the session and remembers that it was answered. */
    void answered(long nowMillis) throws IOException {
        session.clear();
        answeredMillis.update(nowMillis);
    }

    /** The ids of all sessions of this subtask. */
    static List<String> sessionKeys(KeyedStateBackend<String> backend) {
        List<String> ids = new ArrayList<>();
        // The stream owns a RocksDB iterator; state must not change while it is open.
        try (Stream<String> keys = backend.getKeys(SESSION, VoidNamespace.INSTANCE)) {
            keys.forEach(ids::add);
        }
        return ids;
    }
}
