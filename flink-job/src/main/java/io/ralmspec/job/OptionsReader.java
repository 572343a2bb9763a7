package io.ralmspec.job;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.StrideRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.description.HtmlFormatter;

/**
 * Reads options: defaults, then a YAML file, then {@code -Dkey=value} arguments; later ones win.
 * Every {@code ralmspec.*} key must be one of {@link JobOptions}; other keys are Flink's.
 */
public final class OptionsReader {
    static final String PREFIX = "ralmspec.";
    private static final LevenshteinDistance DISTANCE = LevenshteinDistance.getDefaultInstance();

    /** They have no default and may be left out. */
    private static final Set<ConfigOption<?>> OPTIONAL =
            Set.of(JobOptions.TRANSACTIONAL_ID_PREFIX, JobOptions.DATASTORE_DIRECTORY);

    private OptionsReader() {}

    /**
     * Reads {@code [--config FILE] [-Dkey=value]...}
     *
     * @throws IllegalArgumentException naming every key that is unknown, ill-typed, out of range or
     *     missing
     */
    public static Configuration read(List<String> arguments) {
        Map<String, String> values = new TreeMap<>();
        List<String> assignments = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (argument.equals("--config")) {
                if (++i == arguments.size()) {
                    throw new IllegalArgumentException("--config must be followed by a file");
                }
                values.putAll(readYaml(Path.of(arguments.get(i))));
            } else if (argument.startsWith("-D") && argument.indexOf('=') > 2) {
                assignments.add(argument.substring(2));
            } else {
                throw new IllegalArgumentException(
                        // What follows may be a secret.
                        "arguments must be --config FILE or -Dkey=value (got `%s`)"
                                .formatted(argument.replaceFirst("(?s)=.*", "=...")));
            }
        }
        for (String assignment : assignments) {
            int equals = assignment.indexOf('=');
            values.put(assignment.substring(0, equals), assignment.substring(equals + 1));
        }
        return checked(values);
    }

    /** The same checks for options that are already at hand. */
    public static Configuration checked(Map<String, String> values) {
        Configuration options = Configuration.fromMap(values);
        List<String> errors = new ArrayList<>();
        for (String name : values.keySet()) {
            if (name.startsWith(PREFIX) && !known(name)) {
                errors.add("`%s` is not an option; nearest is `%s`".formatted(name, nearest(name)));
            }
        }
        for (BoundedOption<?> bounded : JobOptions.all()) {
            check(options, bounded, errors);
        }
        if (options.get(JobOptions.DELIVERY).equals("exactly-once")
                && !options.contains(JobOptions.TRANSACTIONAL_ID_PREFIX)) {
            errors.add(
                    "`%s` must be set for exactly-once delivery"
                            .formatted(JobOptions.TRANSACTIONAL_ID_PREFIX.key()));
        }
        if (errors.isEmpty()) {
            checkMode(options, errors);
            checkAgainst(
                    JobOptions.KNOWLEDGE_EF_SEARCH,
                    JobOptions.DEFAULT_PREFETCH,
                    options.get(JobOptions.DEFAULT_PREFETCH),
                    options,
                    errors);
            SpeculationStride.parse(options.get(JobOptions.DEFAULT_SPECULATION_STRIDE))
                    .filter(stride -> stride.rule() == StrideRule.FIXED)
                    .ifPresent(
                            stride ->
                                    checkAgainst(
                                            JobOptions.MAX_SPECULATION_STRIDE,
                                            JobOptions.DEFAULT_SPECULATION_STRIDE,
                                            stride.steps(),
                                            options,
                                            errors));
        }
        if (!errors.isEmpty()) {
            throw new IllegalArgumentException(String.join("\n", errors));
        }
        return options;
    }

    private static <T> void check(
            Configuration options, BoundedOption<T> bounded, List<String> errors) {
        ConfigOption<T> option = bounded.option();
        if (!options.contains(option)) {
            if (!option.hasDefaultValue() && !OPTIONAL.contains(option)) {
                errors.add("`%s` must be set: %s".formatted(option.key(), description(option)));
            }
            return;
        }
        String raw = String.valueOf(options.toMap().get(option.key()));
        try {
            if (!bounded.holds().test(options.get(option))) {
                errors.add(
                        "`%s` must be %s (got %s)".formatted(option.key(), bounded.range(), raw));
            }
        } catch (IllegalArgumentException e) {
            errors.add("`%s` must be %s (got %s)".formatted(option.key(), bounded.range(), raw));
        }
    }

    /** What a default mode with neighbours needs of other options. */
    private static void checkMode(Configuration options, List<String> errors) {
        String mode = options.get(JobOptions.DEFAULT_MODE);
        if (!DecodingMode.ofWireName(mode).orElseThrow().neighbours()) {
            return;
        }
        String condition = "where `%s` is %s".formatted(JobOptions.DEFAULT_MODE.key(), mode);
        if (!options.contains(JobOptions.DATASTORE_DIRECTORY)) {
            errors.add(
                    "`%s` must be set %s"
                            .formatted(JobOptions.DATASTORE_DIRECTORY.key(), condition));
        }
        String retriever = options.get(JobOptions.DEFAULT_RETRIEVER);
        if (!RetrieverKind.ofWireName(retriever).orElseThrow().dense()) {
            errors.add(
                    "`%s` must be exact or hnsw %s (got %s)"
                            .formatted(JobOptions.DEFAULT_RETRIEVER.key(), condition, retriever));
        }
        String scheme = options.get(JobOptions.DEFAULT_SCHEME);
        if (!scheme.equals(RetrievalScheme.EVERY_STRIDE.wireName())) {
            errors.add(
                    "`%s` must be every-stride %s (got %s)"
                            .formatted(JobOptions.DEFAULT_SCHEME.key(), condition, scheme));
        }
    }

    /** One option is the limit of another. */
    private static void checkAgainst(
            ConfigOption<Integer> limit,
            ConfigOption<?> option,
            int value,
            Configuration options,
            List<String> errors) {
        int most = options.get(limit);
        if (value > most) {
            errors.add(
                    "`%s` must be <= `%s`, %d (got %d)"
                            .formatted(option.key(), limit.key(), most, value));
        }
    }

    /** The description as plain text. */
    static String description(ConfigOption<?> option) {
        return new HtmlFormatter().format(option.description());
    }

    private static boolean known(String name) {
        return name.startsWith(JobOptions.KAFKA_PROPERTIES)
                || names().anyMatch(candidate -> candidate.equals(name));
    }

    private static Stream<String> names() {
        return JobOptions.all().stream().map(bounded -> bounded.option().key());
    }

    private static String nearest(String name) {
        return names().min(Comparator.comparing(known -> DISTANCE.apply(name, known)))
                .orElseThrow();
    }

    private static Map<String, String> readYaml(Path file) {
        Map<String, String> values = new TreeMap<>();
        try {
            flatten("", new YAMLMapper().readValue(file.toFile(), Map.class), values);
        } catch (JacksonException e) {
            // Its message quotes the file, which may hold a secret.
            JsonLocation at = e.getLocation();
            throw new IllegalArgumentException(
                    "options file %s must be YAML of keys and values (got an error at %s)"
                            .formatted(
                                    file,
                                    at == null
                                            ? "an unknown place"
                                            : "line %d, column %d"
                                                    .formatted(at.getLineNr(), at.getColumnNr())));
        } catch (IOException e) {
            throw new UncheckedIOException("could not read options file " + file, e);
        }
        return values;
    }

    private static void flatten(String prefix, Object node, Map<String, String> values) {
        if (node instanceof Map<?, ?> map) {
            map.forEach(
                    (name, child) ->
                            flatten(
                                    prefix.isEmpty() ? "" + name : prefix + "." + name,
                                    child,
                                    values));
        } else if (node != null) {
            values.put(prefix, String.valueOf(node));
        }
    }
}
