/**
 * KNN-LM decoding (paper section 5) as plain data and pure functions: one datastore search for
 * every token, whose neighbours' next tokens are mixed into what the language model says.
 */
@NullMarked
package io.ralmspec.decoding.knnlm;

import org.jspecify.annotations.NullMarked;
