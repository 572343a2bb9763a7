/**
 * The language model, its tokenizer and the sentence encoder on ONNX Runtime. Start with {@link
 * io.ralmspec.model.OnnxLanguageModel} and {@link io.ralmspec.model.OnnxEncoder}.
 */
@NullMarked
package io.ralmspec.model;

import org.jspecify.annotations.NullMarked;
