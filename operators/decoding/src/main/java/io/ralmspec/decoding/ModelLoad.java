package io.ralmspec.decoding;

/**
 * What the model's other work does to a step, as its worker saw it.
 *
 * @param waitedSeconds before the step ran, among those of its {@code seconds}
 * @param turnSeconds in which the model can run one step of every request under way: nothing
 *     verifies faster than that, however far it runs ahead; 0 if there is no other, or unknown
 */
public record ModelLoad(double waitedSeconds, double turnSeconds) {
    /** Of a worker that does not say. */
    public static final ModelLoad UNKNOWN = new ModelLoad(0, 0);
}
