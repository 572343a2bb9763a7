package io.ralmspec.job.bench;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import java.util.List;
import java.util.Optional;

/** Something that decodes requests and takes the time. Used by one thread. */
interface Engine extends AutoCloseable {
    /** What the report calls it. */
    String name();

    /** Whether seconds come from given costs, not from a clock. */
    boolean computed();

    /**
     * Decodes the requests.
     *
     * @param atATime so many at the same time: when one is answered, the next begins
     */
    Group run(Cell cell, List<DecodingRequest> requests, int atATime) throws Exception;

    /**
     * The floor that speculation can reach: the model generates the strides of these baseline
     * answers once more, with their documents known; no queries, encoding or search. Empty if the
     * engine can't.
     */
    Optional<Group> modelOnly(Group baseline, int atATime) throws Exception;

    /** The oracle's answer; empty if the engine can't reach the model. */
    Optional<Answer> sequential(DecodingRequest request) throws Exception;
}
