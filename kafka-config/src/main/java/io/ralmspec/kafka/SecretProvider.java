package io.ralmspec.kafka;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigData;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.provider.ConfigProvider;

/**
 * Puts secrets into client settings where the client is made, so that only their names travel with
 * a job. Kafka's own providers leave a missing variable's name in place as if it were the secret,
 * and can't read a file that holds nothing but a secret.
 */
public abstract class SecretProvider implements ConfigProvider {
    @Override
    public final ConfigData get(String path) {
        throw new ConfigException("a secret must be named (got a provider alone)");
    }

    @Override
    public final ConfigData get(String path, Set<String> names) {
        Map<String, String> values = new HashMap<>();
        for (String name : names) {
            // Kafka splits `${file:A:B}` at the second colon.
            values.put(name, secret(path == null || path.isEmpty() ? name : path + ":" + name));
        }
        return new ConfigData(values);
    }

    /**
     * @throws ConfigException if there is none
     */
    abstract String secret(String name);

    @Override
    public void configure(Map<String, ?> settings) {
        // There is nothing to set.
    }

    @Override
    public void close() {
        // There is nothing to close.
    }

    /** {@code ${env:NAME}}: an environment variable. */
    public static final class Environment extends SecretProvider {
        @Override
        String secret(String name) {
            String value = System.getenv(name);
            if (value == null) {
                throw new ConfigException(
                        "environment variable %s must be set (got nothing)".formatted(name));
            }
            return value;
        }
    }

    /** {@code ${file:PATH}}: the whole file, less line breaks at its end. */
    public static final class SecretFile extends SecretProvider {
        @Override
        String secret(String name) {
            try {
                return Files.readString(Path.of(name)).replaceFirst("[\r\n]+$", "");
            } catch (NoSuchFileException e) {
                throw new ConfigException("file %s must exist (got nothing)".formatted(name));
            } catch (IOException | InvalidPathException e) {
                throw new ConfigException(
                        "file %s must be readable (got %s)"
                                .formatted(name, e.getClass().getSimpleName()));
            }
        }
    }
}
