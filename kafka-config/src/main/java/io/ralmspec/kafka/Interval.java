package io.ralmspec.kafka;

/** The numbers between two bounds, each of which is in it or not. */
record Interval(double min, boolean minIn, double max, boolean maxIn) {
    boolean contains(double value) {
        return (minIn ? value >= min : value > min) && (maxIn ? value <= max : value < max);
    }

    /** As in mathematics: {@code (0, 1]} is without 0 and with 1. */
    @Override
    public String toString() {
        return "%s%s, %s%s".formatted(minIn ? "[" : "(", plain(min), plain(max), maxIn ? "]" : ")");
    }

    private static String plain(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
