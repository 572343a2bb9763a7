package io.ralmspec.knowledge;

import io.ralmspec.decoding.DocumentEncoder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Embeds documents chunk by chunk and refuses vectors that would break the order of hits. */
final class Encoding {
    /** Documents between two journal entries; a multiple of a vector block. */
    static final int CHUNK = 16 * VectorFile.ROWS;

    private static final double LENGTH_TOLERANCE = 1e-3;

    private final DocumentEncoder encoder;
    private final DocumentStore documents;
    private final int batch;

    Encoding(DocumentEncoder encoder, DocumentStore documents, int batch) {
        this.encoder = encoder;
        this.documents = documents;
        this.batch = batch;
    }

    /** Told after each chunk, once it is safely on disk. */
    @FunctionalInterface
    interface Saved {
        void saved(int documents) throws IOException;
    }

    /**
     * @param from documents that the file holds already
     */
    void run(VectorFileWriter writer, int from, Saved saved) throws IOException {
        for (int start = from; start < documents.size(); start += CHUNK) {
            int end = Math.min(documents.size(), start + CHUNK);
            writer.append(encode(start, end));
            saved.saved(end);
        }
    }

    /** Texts of like length share a batch, so that little of it is padding. */
    private float[][] encode(int start, int end) {
        List<String> texts = new ArrayList<>(end - start);
        for (int document = start; document < end; document++) {
            texts.add(documents.passage(document).indexedText());
        }
        List<Integer> byLength =
                IntStream.range(0, texts.size())
                        .boxed()
                        .sorted(Comparator.comparing(i -> texts.get(i).length()))
                        .toList();
        float[][] vectors = new float[texts.size()][];
        for (int at = 0; at < byLength.size(); at += batch) {
            List<Integer> members = byLength.subList(at, Math.min(byLength.size(), at + batch));
            float[][] encoded = encoder.encodeDocuments(members.stream().map(texts::get).toList());
            if (encoded.length != members.size()) {
                throw new IndexException(
                        "encoder %s gave %d vectors for %d documents"
                                .formatted(encoder.fingerprint(), encoded.length, members.size()));
            }
            for (int i = 0; i < encoded.length; i++) {
                int member = members.get(i);
                check(encoded[i], start + member);
                vectors[member] = encoded[i];
            }
        }
        return vectors;
    }

    private void check(float[] vector, int document) {
        double squares = 0;
        for (float value : vector) {
            squares += (double) value * value;
        }
        // Written so that NaN fails too.
        boolean unit = Math.abs(squares - 1) <= LENGTH_TOLERANCE;
        if (vector.length != encoder.dimension() || !unit) {
            throw new IndexException(
                    "encoder %s gave document %s a vector of %d numbers and squared length %s, not of %d numbers and length 1"
                            .formatted(
                                    encoder.fingerprint(),
                                    documents.id(document),
                                    vector.length,
                                    squares,
                                    encoder.dimension()));
        }
    }
}
