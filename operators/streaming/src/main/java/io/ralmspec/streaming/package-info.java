/**
 * The Flink operators of RaLMSpec: they load a session, ask {@link
 * io.ralmspec.decoding.SpeculativeDecoder} what to do, run its commands and feed the results back.
 * Start with {@link io.ralmspec.streaming.SpeculativeRetrieval}, which wires the loop, then {@link
 * io.ralmspec.streaming.Sessions}.
 */
@NullMarked
package io.ralmspec.streaming;

import org.jspecify.annotations.NullMarked;
