package io.ralmspec.decoding;

import java.util.Arrays;

/** Operations on token arrays. */
public final class Tokens {
    public static final int[] NONE = {};

    private Tokens() {}

    public static int[] concat(int[] first, int[] second) {
        int[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    /** Tokens at the front that are the same in both. */
    public static int commonPrefix(int[] first, int[] second) {
        int mismatch = Arrays.mismatch(first, second);
        return mismatch < 0 ? first.length : mismatch;
    }
}
