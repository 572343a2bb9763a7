package io.ralmspec.decoding;

import org.jspecify.annotations.Nullable;

/**
 * A record of the request topic that could be read.
 *
 * @param request the request, or null to cancel the one with this id
 */
public record Submission(Origin origin, String id, @Nullable DecodingRequest request) {}
