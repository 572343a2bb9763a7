package io.ralmspec.streaming;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who is decoded now and who waits, by request id, first come first served. Both are bounded, so
 * the subtask never has to block its input, which would hold up checkpoint barriers. Rebuilt from
 * keyed state after a restore. Task thread only; the sizes may be read by any thread.
 */
final class AdmissionQueue {
    enum Decision {
        START,
        PARK,
        REFUSE
    }

    private final int maxInFlight;
    private final int maxParked;
    private final Set<String> inFlight = new HashSet<>();
    private final LinkedHashSet<String> parked = new LinkedHashSet<>();

    AdmissionQueue(int maxInFlight, int maxParked) {
        this.maxInFlight = maxInFlight;
        this.maxParked = maxParked;
    }

    /** Takes in a new request, or refuses it. */
    Decision offer(String id) {
        if (parked.isEmpty() && inFlight.size() < maxInFlight) {
            inFlight.add(id);
            return Decision.START;
        }
        if (parked.size() < maxParked) {
            parked.add(id);
            return Decision.PARK;
        }
        return Decision.REFUSE;
    }

    /** Takes back a request that was in flight before a restore, even beyond the bound. */
    void restoreInFlight(String id) {
        inFlight.add(id);
    }

    /** Takes back a request that was parked before a restore, even beyond the bound. */
    void restoreParked(String id) {
        parked.add(id);
    }

    /** Forgets a request that has ended, whichever it was. */
    void remove(String id) {
        if (!inFlight.remove(id)) {
            parked.remove(id);
        }
    }

    /** The parked request to start now, which is then in flight; null if none or no room. */
    @Nullable String admit() {
        if (parked.isEmpty() || inFlight.size() >= maxInFlight) {
            return null;
        }
        String id = parked.removeFirst();
        inFlight.add(id);
        return id;
    }

    int inFlight() {
        return inFlight.size();
    }

    int parked() {
        return parked.size();
    }

    boolean isEmpty() {
        return inFlight.isEmpty() && parked.isEmpty();
    }
}
