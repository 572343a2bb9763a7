package io.ralmspec.decoding;

import java.util.List;

/**
 * Embeds documents when an index is built; its queries come from the matching {@link QueryEncoder}.
 */
public interface DocumentEncoder {
    int dimension();

    /** Names weights, pooling and limits; an index opens only with the encoder that built it. */
    String fingerprint();

    /**
     * {@code result[i]} has unit length and belongs to {@code texts.get(i)}, whatever the batch.
     */
    float[][] encodeDocuments(List<String> texts);
}
