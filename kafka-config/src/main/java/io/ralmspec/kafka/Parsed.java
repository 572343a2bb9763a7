package io.ralmspec.kafka;

import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.Submission;

/** What a record of the request topic turned out to be: exactly one of three. */
public sealed interface Parsed {
    /**
     * A request, or the cancellation of one. Its origin has bounded headers; a request's has its
     * bytes, for the dead letter that it becomes if its id is taken.
     */
    record Accepted(Submission submission) implements Parsed {}

    /**
     * A request with an id that can't be run: the submission has the error to answer with. Its
     * origin is as that of a request, since its id may be taken too.
     */
    record Refused(Submission submission) implements Parsed {}

    /** Nobody can be answered, because there is no usable id. The origin is unchanged. */
    record Unreadable(DeadLetter deadLetter) implements Parsed {}
}
