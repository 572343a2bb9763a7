package io.ralmspec.decoding.knnlm;

/**
 * What a language model says after some tokens.
 *
 * @param key the input of the last layer's feed-forward network, after its normalisation
 * @param logProbabilities natural logarithms, one per token of the vocabulary, normalised; negative
 *     infinity where the model excludes a token
 */
public record TokenState(float[] key, float[] logProbabilities) {}
