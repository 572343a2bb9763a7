package io.ralmspec.kafka;

import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Settings of the Kafka clients. The resources {@code consumer.properties} and {@code
 * producer.properties} are the defaults; any of Kafka's own settings can be added or replaced.
 * Values may hold {@code ${env:NAME}} and {@code ${file:PATH}}, which each client replaces where it
 * is made; see {@link SecretProvider}. {@link #toString} and the masked maps may be logged.
 */
public final class ClientSettings {
    private static final String PROVIDERS = "config.providers";
    private static final String MASK = "******";
    private static final Pattern SECRET =
            Pattern.compile(
                    "password|passphrase|secret|jaas|token|credential|user\\.info|keystore\\.key"
                            + "|private\\.key|api\\.key");
    private static final Pattern REFERENCE = Pattern.compile("\\$\\{[^{}]*}");

    private final TreeMap<String, String> common;
    private final TreeMap<String, String> consumer;
    private final TreeMap<String, String> producer;

    private ClientSettings(
            Map<String, String> common,
            Map<String, String> consumer,
            Map<String, String> producer) {
        this.common = new TreeMap<>(common);
        this.consumer = new TreeMap<>(consumer);
        this.producer = new TreeMap<>(producer);
    }

    /**
     * The defaults with these on top.
     *
     * @param bootstrapServers {@code host:port}, comma separated
     * @param common for all clients: security, above all
     * @param consumer for consumers alone; wins over common
     * @param producer for producers alone; wins over common
     */
    public static ClientSettings of(
            String bootstrapServers,
            Map<String, String> common,
            Map<String, String> consumer,
            Map<String, String> producer) {
        if (bootstrapServers.isBlank()) {
            throw new IllegalArgumentException(
                    "`bootstrap.servers` must be host:port, comma separated (got nothing)");
        }
        var all = new TreeMap<>(common);
        all.put("bootstrap.servers", bootstrapServers);
        return new ClientSettings(all, consumer, producer);
    }

    public static ClientSettings of(String bootstrapServers) {
        return of(bootstrapServers, Map.of(), Map.of(), Map.of());
    }

    /** A new copy, without serializers, which the caller picks. */
    public Properties consumer() {
        return properties(consumerSettings());
    }

    /** A new copy, without serializers, which the caller picks. */
    public Properties producer() {
        return properties(producerSettings());
    }

    /** A new copy. Kafka's admin client would wait a minute for brokers that are not there. */
    public Properties admin() {
        var settings = new TreeMap<>(common);
        if (!settings.containsKey("request.timeout.ms")) {
            settings.putIfAbsent("default.api.timeout.ms", "30000");
        }
        return properties(settings);
    }

    /** The consumers' settings with secrets masked, sorted by name. */
    public Map<String, String> maskedConsumer() {
        return masked(consumerSettings());
    }

    /** The producers' settings with secrets masked, sorted by name. */
    public Map<String, String> maskedProducer() {
        return masked(producerSettings());
    }

    /**
     * Any settings with secrets masked, sorted by name. A value that is nothing but a reference to
     * a secret is shown: it helps and gives nothing away.
     */
    public static Map<String, String> masked(Map<String, String> settings) {
        var masked = new TreeMap<String, String>();
        settings.forEach(
                (name, value) ->
                        masked.put(
                                name,
                                isSecret(name) && !REFERENCE.matcher(value).matches()
                                        ? MASK
                                        : value));
        return masked;
    }

    /** Whether a setting's name says that its value must not be shown. */
    public static boolean isSecret(String name) {
        return SECRET.matcher(name.toLowerCase(Locale.ROOT)).find();
    }

    /**
     * Checks that the clients carry what the topics carry.
     *
     * @throws IllegalArgumentException if the producer can't send a dead letter of the full size
     */
    public ClientSettings check(TopicPlan plan) {
        int needed = plan.deadLetters().maxMessageBytes();
        for (String name : new String[] {"max.request.size", "buffer.memory"}) {
            String value = producerSettings().getOrDefault(name, "");
            if (!value.matches("[0-9]{1,18}") || Long.parseLong(value) < needed) {
                throw new IllegalArgumentException(
                        "`%s` of producers must be >= %d, the size of a dead letter (got %s)"
                                .formatted(name, needed, value));
            }
        }
        return this;
    }

    @Override
    public String toString() {
        return "consumer " + maskedConsumer() + ", producer " + maskedProducer();
    }

    private TreeMap<String, String> consumerSettings() {
        return merged(Resources.properties("consumer.properties"), consumer);
    }

    private TreeMap<String, String> producerSettings() {
        return merged(Resources.properties("producer.properties"), producer);
    }

    private TreeMap<String, String> merged(
            TreeMap<String, String> defaults, Map<String, String> own) {
        defaults.putAll(common);
        defaults.putAll(own);
        return defaults;
    }

    private static Properties properties(Map<String, String> settings) {
        var properties = new Properties();
        properties.putAll(settings);
        addProvider(properties, "env", SecretProvider.Environment.class);
        addProvider(properties, "file", SecretProvider.SecretFile.class);
        return properties;
    }

    /** Providers that the user brings stay, and win where they have the same name. */
    private static void addProvider(
            Properties properties, String name, Class<? extends SecretProvider> type) {
        String users = properties.getProperty(PROVIDERS, "").replace(" ", "");
        if (("," + users + ",").contains("," + name + ",")) {
            return;
        }
        properties.put(PROVIDERS, users.isEmpty() ? name : users + "," + name);
        properties.put(PROVIDERS + "." + name + ".class", type.getName());
    }
}
