package io.ralmspec.decoding;

/**
 * Where the time went, in seconds; waiting included.
 *
 * @param queue from receipt to the first command
 * @param firstToken from receipt to the first verified token
 * @param retrieval spent in verification, as the decoder saw it
 * @param generation spent in the model, as the decoder saw it
 * @param total from receipt to the answer
 */
public record Timings(
        double queue, double firstToken, double retrieval, double generation, double total) {
    public static final Timings ZERO = new Timings(0, 0, 0, 0, 0);

    public Timings withQueue(double seconds) {
        return new Timings(seconds, firstToken, retrieval, generation, total);
    }

    public Timings withFirstToken(double seconds) {
        return new Timings(queue, seconds, retrieval, generation, total);
    }

    public Timings withTotal(double seconds) {
        return new Timings(queue, firstToken, retrieval, generation, seconds);
    }

    public Timings plusRetrieval(double seconds) {
        return new Timings(queue, firstToken, retrieval + seconds, generation, total);
    }

    public Timings plusGeneration(double seconds) {
        return new Timings(queue, firstToken, retrieval, generation + seconds, total);
    }
}
