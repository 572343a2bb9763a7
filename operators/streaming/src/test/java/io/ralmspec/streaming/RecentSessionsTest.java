package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.SessionState;
import org.junit.jupiter.api.Test;

class RecentSessionsTest {
    private final RecentSessions recent = new RecentSessions(2);

    @Test
    void keepsThoseUsedLast() {
        StoredSession a = session("a");
        StoredSession c = session("c");
        recent.put(a);
        recent.put(session("b"));
        assertThat(recent.get("a")).isSameAs(a);
        recent.put(c);
        assertThat(recent.get("b")).isNull();
        assertThat(recent.get("a")).isSameAs(a);
        assertThat(recent.get("c")).isSameAs(c);
    }

    @Test
    void aLaterStateTakesTheEarlierOnesPlace() {
        recent.put(session("a"));
        StoredSession later = session("a");
        recent.put(later);
        assertThat(recent.get("a")).isSameAs(later);
        recent.remove("a");
        assertThat(recent.get("a")).isNull();
    }

    private static StoredSession session(String id) {
        return new StoredSession(
                Requests.origin(id, ""), SessionState.submitted(Requests.simple(id), 1));
    }
}
