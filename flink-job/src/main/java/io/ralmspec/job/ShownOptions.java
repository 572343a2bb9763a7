package io.ralmspec.job;

import io.ralmspec.kafka.ClientSettings;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;

/** The options in force, with secrets masked: for the terminal and the Flink UI. */
public final class ShownOptions {
    private static final String MASK = "******";

    private ShownOptions() {}

    /** Every option of the job by its key, as it was set or by default. */
    public static Map<String, String> of(Configuration options) {
        Map<String, String> set = options.toMap();
        Map<String, String> shown = new TreeMap<>();
        for (BoundedOption<?> bounded : JobOptions.all()) {
            ConfigOption<?> option = bounded.option();
            String key = option.key();
            if (set.containsKey(key)) {
                shown.put(key, set.get(key));
            } else if (option.hasDefaultValue()) {
                shown.put(key, defaultText(option));
            }
        }
        Map<String, String> kafka = new TreeMap<>(set);
        kafka.keySet().removeIf(key -> !key.startsWith(JobOptions.KAFKA_PROPERTIES));
        shown.putAll(ClientSettings.masked(kafka));
        return shown;
    }

    /**
     * The job's options, those of Flink that were given, and what Kafka's clients get, as YAML that
     * {@code --config} reads, but for what is masked.
     */
    public static String text(Configuration options) {
        Map<String, String> all = of(options);
        options.toMap()
                .forEach(
                        (key, value) -> {
                            if (!key.startsWith(OptionsReader.PREFIX)) {
                                all.put(key, isSecret(key) ? MASK : value);
                            }
                        });
        var text = new StringBuilder();
        all.forEach((key, value) -> text.append("%s: '%s'%n".formatted(key, quoted(value))));
        ClientSettings clients = JobSettings.clients(options);
        clients.maskedConsumer()
                .forEach((key, value) -> text.append(client("consumer", key, value)));
        clients.maskedProducer()
                .forEach((key, value) -> text.append(client("producer", key, value)));
        return text.toString();
    }

    /** As an options file writes it. */
    private static <T> String defaultText(ConfigOption<T> option) {
        return new Configuration()
                .set(option, option.defaultValue())
                .toMap()
                .getOrDefault(option.key(), "");
    }

    private static String client(String client, String key, String value) {
        return "# Kafka %s: %s=%s%n".formatted(client, key, value.replaceAll("\\R", " "));
    }

    private static String quoted(String value) {
        return value.replace("'", "''").replaceAll("\\R", " ");
    }

    private static boolean isSecret(String key) {
        return GlobalConfiguration.isSensitive(key) || ClientSettings.isSecret(key);
    }
}
