package io.ralmspec.decoding;

/** A good hash of numbers: the scripted fakes' only source of variety. */
public final class Hash {
    private Hash() {}

    public static long of(long... values) {
        long h = 0x9E3779B97F4A7C15L;
        for (long value : values) {
            h = (h ^ value) * 0xBF58476D1CE4E5B9L;
            h ^= h >>> 29;
            h *= 0x94D049BB133111EBL;
            h ^= h >>> 32;
        }
        return h;
    }

    /** In [0, bound). */
    public static int below(int bound, long... values) {
        return (int) Long.remainderUnsigned(of(values), bound);
    }

    public static long ofTokens(int[] tokens, int from) {
        long h = 7;
        for (int i = Math.max(0, from); i < tokens.length; i++) {
            h = of(h, tokens[i]);
        }
        return h;
    }
}
