package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.SessionState;
import io.ralmspec.decoding.knnlm.KnnState;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class StoredSessionTest {
    private final SessionState session = SessionState.submitted(Requests.simple("a", 500), 1_234);

    @Test
    void comesBackFromItsBytesWithoutTheRecordsValue() {
        Origin origin = Requests.origin("a", "body");
        StoredSession stored = new StoredSession(origin, session);
        StoredSession read = StoredSession.fromBytes(stored.toBytes());
        assertThat(read).usingRecursiveComparison().isEqualTo(stored);
        assertThat(read.origin()).usingRecursiveComparison().isEqualTo(origin.withoutValue());
    }

    @Test
    void aSessionWithNeighboursComesBackAsOne() {
        KnnState state = KnnState.submitted(Requests.withNeighbours("a"), 1_234);
        StoredSession stored = new StoredSession(Requests.origin("a", "body"), state);
        StoredSession read = StoredSession.fromBytes(stored.toBytes());
        assertThat(read.session()).isInstanceOf(KnnState.class);
        assertThat(read).usingRecursiveComparison().isEqualTo(stored);
    }

    @Test
    void mayHaveNoKeyAndNoHeaders() {
        Origin origin = new Origin("topic", 1, 2, 3, null, null, List.of(), List.of());
        StoredSession stored = new StoredSession(origin, session);
        assertThat(StoredSession.fromBytes(stored.toBytes()))
                .usingRecursiveComparison()
                .isEqualTo(stored);
    }

    @Test
    void namesTheRequestAndItsRecord() {
        Origin origin = new Origin("topic", 1, 2, 3, null, null, List.of(), List.of());
        assertThat(new StoredSession(origin, session).describe())
                .isEqualTo("request a (topic-1@2)");
    }

    @Test
    void truncatedBytesAreRefused() {
        byte[] bytes = new StoredSession(Requests.origin("a", ""), session).toBytes();
        for (int length = 0; length < bytes.length; length++) {
            byte[] part = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> StoredSession.fromBytes(part))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
