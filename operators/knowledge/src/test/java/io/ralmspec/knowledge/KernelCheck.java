package io.ralmspec.knowledge;

import java.util.Arrays;
import java.util.Random;

/**
 * Compares the kernel that this JVM picks with the plain one and prints its name. A program,
 * because register width and modules are fixed when a JVM starts.
 */
final class KernelCheck {
    private KernelCheck() {}

    public static void main(String[] arguments) {
        compare(Kernels.best(), Long.parseLong(arguments[0]));
        System.out.println("kernel=" + Kernels.best().name());
    }

    static void compare(ScoreKernel kernel, long seed) {
        Random random = new Random(seed);
        ScoreKernel plain = new PlainKernel();
        for (int round = 0; round < 300; round++) {
            int dimension = round % 10 == 0 ? 384 : 1 + random.nextInt(150);
            int count = 1 + random.nextInt(ScoreKernel.QUERIES);
            int from = random.nextInt(5);
            float[] block = numbers(random, VectorFile.ROWS * dimension);
            float[] queries = numbers(random, from + ScoreKernel.QUERIES * dimension);
            float[] sums = numbers(random, ScoreKernel.QUERIES * VectorFile.ROWS + from);
            float[][] scores = {sums.clone(), sums.clone()};
            plain.addProducts(block, dimension, queries, from, count, scores[0], from);
            kernel.addProducts(block, dimension, queries, from, count, scores[1], from);
            int used = from + count * VectorFile.ROWS;
            require(Arrays.equals(scores[0], 0, used, scores[1], 0, used), "products", round);
            require(
                    plain.maximum(scores[0], from) == kernel.maximum(scores[1], from),
                    "maxima",
                    round);
            plain.addSquares(block, dimension, queries, from, count, scores[0], from);
            kernel.addSquares(block, dimension, queries, from, count, scores[1], from);
            require(Arrays.equals(scores[0], 0, used, scores[1], 0, used), "squares", round);
            float[] first = numbers(random, dimension);
            float[] second = numbers(random, dimension);
            require(
                    Float.floatToRawIntBits(plain.guide(first, second))
                            == Float.floatToRawIntBits(kernel.guide(first, second)),
                    "guide",
                    round);
            require(
                    Float.floatToRawIntBits(plain.guideDistance(first, second))
                            == Float.floatToRawIntBits(kernel.guideDistance(first, second)),
                    "guide by distance",
                    round);
        }
    }

    private static void require(boolean equal, String what, int round) {
        if (!equal) {
            throw new AssertionError(what + " differ in round " + round);
        }
    }

    private static float[] numbers(Random random, int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }
}
