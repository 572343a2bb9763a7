package io.ralmspec.kafka;

import io.ralmspec.decoding.AnswerRecord;
import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.Submission;

/** What a record of the request topic turned out to be: exactly one of three. */
public sealed interface Parsed {
    /**
     * A request, or the cancellation of one. Its origin has bounded headers; a request's has its
     * bytes, for the dead letter that it becomes if its id is taken.
     */
    record Accepted(Submission submission) implements Parsed {}

    /** The record has an id but can't be run: this is its error answer. */
    record Refused(AnswerRecord answer) implements Parsed {}

    /** Nobody can be answered, because there is no usable id. The origin is unchanged. */
    record Unreadable(DeadLetter deadLetter) implements Parsed {}
}
