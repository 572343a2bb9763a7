package io.ralmspec.model;

import java.util.Arrays;
import java.util.Locale;

/** Where the language model runs. */
public enum Device {
    CPU,
    /** Refuses to start where CUDA is not there. */
    CUDA,
    /** CUDA where it is there, the CPU otherwise. */
    AUTO;

    /**
     * @param name {@code cpu}, {@code cuda} or {@code auto}
     */
    public static Device of(String name) {
        return Arrays.stream(values())
                .filter(device -> device.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "`device` must be cpu, cuda or auto (got %s)"
                                                .formatted(name)));
    }
}
