package io.ralmspec.kafka;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.ralmspec.decoding.Origin;
import org.jspecify.annotations.Nullable;

/**
 * The header that counts how often a record was sent again. It is the one reserved header that is
 * taken from a sender: only so does a dead letter know that sending it again did not help.
 */
final class Replays {
    private Replays() {}

    /** The count in a record's headers, or 0. */
    static int of(Origin origin) {
        int last = origin.headerNames().lastIndexOf(DeadLetterSerializer.REPLAYS);
        return last < 0 ? 0 : parse(origin.headerValues().get(last));
    }

    /** At least 0; what is no count in [1, 9999] is 0. */
    static int parse(byte @Nullable [] value) {
        if (value == null || value.length > 4) {
            return 0;
        }
        String text = new String(value, US_ASCII);
        return text.matches("[1-9][0-9]*") ? Integer.parseInt(text) : 0;
    }
}
