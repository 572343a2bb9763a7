package io.ralmspec.kafka;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import java.util.TreeMap;

/** Files in this module's jar. */
final class Resources {
    private Resources() {}

    static InputStream open(String name) {
        InputStream stream = Resources.class.getClassLoader().getResourceAsStream(name);
        if (stream == null) {
            throw new IllegalStateException(
                    "%s must be in this program's jar (got a jar without)".formatted(name));
        }
        return stream;
    }

    /** A properties file, sorted by key. */
    static TreeMap<String, String> properties(String name) {
        var properties = new Properties();
        try (InputStream stream = open(name)) {
            properties.load(stream);
        } catch (IOException e) {
            throw new UncheckedIOException(name + " in this program's jar can't be read", e);
        }
        var sorted = new TreeMap<String, String>();
        properties.stringPropertyNames().forEach(k -> sorted.put(k, properties.getProperty(k)));
        return sorted;
    }
}
