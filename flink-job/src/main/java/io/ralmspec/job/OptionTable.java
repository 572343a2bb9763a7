package io.ralmspec.job;

import static org.apache.flink.configuration.ConfigOptions.key;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.MemorySize;
import org.jspecify.annotations.Nullable;

/** Options in the order in which they were defined, each with its bound. */
final class OptionTable {
    private final List<BoundedOption<?>> all = new ArrayList<>();

    List<BoundedOption<?>> all() {
        return Collections.unmodifiableList(all);
    }

    ConfigOption<String> text(String name, @Nullable String defaultValue, String description) {
        var typed = key(name).stringType();
        ConfigOption<String> option =
                defaultValue == null ? typed.noDefaultValue() : typed.defaultValue(defaultValue);
        return define(option.withDescription(description), "not empty", value -> !value.isBlank());
    }

    /** One of some names. */
    ConfigOption<String> name(
            String name,
            String defaultValue,
            String names,
            Predicate<String> holds,
            String description) {
        return define(
                key(name).stringType().defaultValue(defaultValue).withDescription(description),
                names,
                holds);
    }

    ConfigOption<Integer> integer(
            String name, int defaultValue, int min, int max, String description) {
        return define(
                key(name).intType().defaultValue(defaultValue).withDescription(description),
                "in [%d, %d]".formatted(min, max),
                value -> value >= min && value <= max);
    }

    ConfigOption<Double> number(
            String name,
            double defaultValue,
            String range,
            Predicate<Double> holds,
            String description) {
        return define(
                key(name).doubleType().defaultValue(defaultValue).withDescription(description),
                range,
                holds);
    }

    /** A number between 0 and 1, without both. */
    ConfigOption<Double> probability(String name, double defaultValue, String description) {
        return number(
                name, defaultValue, "in (0, 1)", value -> value > 0 && value < 1, description);
    }

    ConfigOption<Boolean> flag(String name, boolean defaultValue, String description) {
        return define(
                key(name).booleanType().defaultValue(defaultValue).withDescription(description),
                "true or false",
                value -> true);
    }

    ConfigOption<MemorySize> memory(String name, String defaultValue, String description) {
        return define(
                key(name)
                        .memoryType()
                        .defaultValue(MemorySize.parse(defaultValue))
                        .withDescription(description),
                "> 0 bytes",
                value -> value.getBytes() > 0);
    }

    ConfigOption<Duration> duration(String name, Duration defaultValue, String description) {
        return define(
                key(name).durationType().defaultValue(defaultValue).withDescription(description),
                "> 0",
                value -> !value.isNegative() && !value.isZero());
    }

    <T> ConfigOption<T> define(ConfigOption<T> option, String range, Predicate<T> holds) {
        all.add(new BoundedOption<>(option, range, holds));
        return option;
    }
}
