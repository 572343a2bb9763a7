package io.ralmspec.job;

import java.util.function.Predicate;
import org.apache.flink.configuration.ConfigOption;

/**
 * An option and what its value must satisfy.
 *
 * @param range the bound, as it reads in {@code must be <range>}
 */
public record BoundedOption<T>(ConfigOption<T> option, String range, Predicate<T> holds) {}
