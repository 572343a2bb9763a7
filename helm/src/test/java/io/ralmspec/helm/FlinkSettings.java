package io.ralmspec.helm;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExternalResourceOptions;
import org.apache.flink.configuration.HighAvailabilityOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MetricOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.kubernetes.configuration.KubernetesConfigOptions;

/** What Flink itself says of settings. */
final class FlinkSettings {
    private static final List<Class<?>> CLASSES =
            List.of(
                    CheckpointingOptions.class,
                    CoreOptions.class,
                    ExternalResourceOptions.class,
                    HighAvailabilityOptions.class,
                    JobManagerOptions.class,
                    KubernetesConfigOptions.class,
                    MetricOptions.class,
                    RestOptions.class,
                    RestartStrategyOptions.class,
                    StateBackendOptions.class,
                    TaskManagerOptions.class);

    private FlinkSettings() {}

    /** Checks that Flink knows each key and can read its value. */
    static Configuration check(Map<String, String> settings) {
        Map<String, ConfigOption<?>> known = known();
        Configuration configuration = Configuration.fromMap(settings);
        settings.keySet()
                .forEach(
                        key -> {
                            assertThat(known).containsKey(general(key));
                            if (key.equals(general(key))) {
                                assertThat(configuration.getOptional(known.get(key)))
                                        .as(key)
                                        .isPresent();
                            }
                        });
        return configuration;
    }

    /** Flink's name of a key that has a name of ours in it. */
    private static String general(String key) {
        return key.replaceFirst("^metrics\\.reporter\\.prom\\.port$", "<parameter>")
                .replaceFirst("^metrics\\.reporter\\.prom\\.", "")
                .replaceFirst(
                        "^external-resource\\.gpu\\.kubernetes\\.config-key$",
                        "external-resource.<resource_name>.kubernetes.config-key")
                .replaceFirst("^external-resource\\.gpu\\.", "external-resource.<resource_name>.");
    }

    private static Map<String, ConfigOption<?>> known() {
        Map<String, ConfigOption<?>> known = new HashMap<>();
        for (Class<?> each : CLASSES) {
            for (Field field : each.getFields()) {
                if (Modifier.isStatic(field.getModifiers())
                        && field.getType() == ConfigOption.class) {
                    try {
                        ConfigOption<?> option = (ConfigOption<?>) field.get(null);
                        if (option != null) {
                            known.put(option.key(), option);
                        }
                    } catch (IllegalAccessException e) {
                        throw new AssertionError(e);
                    }
                }
            }
        }
        return known;
    }
}
