package io.ralmspec.decoding;

import org.jspecify.annotations.Nullable;

/**
 * One step of a round: a generation stride, and the lookup after it.
 *
 * @param tokens what was generated, cut where the answer ends; may then be empty
 * @param query the lookup after these tokens
 * @param guess what the speculation cache found for it: the document of the next step
 * @param end why the answer would end with this step, or null
 */
public record Step(int[] tokens, Query query, Hit guess, @Nullable FinishReason end) {}
