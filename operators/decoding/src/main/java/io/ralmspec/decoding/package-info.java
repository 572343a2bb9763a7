/**
 * The decoding algorithm of RaLMSpec as plain data and pure functions: no Flink, Kafka, ONNX
 * Runtime, threads, clock or logging. Start with {@link io.ralmspec.decoding.SpeculativeDecoder}.
 */
@NullMarked
package io.ralmspec.decoding;

import org.jspecify.annotations.NullMarked;
