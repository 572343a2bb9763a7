package io.ralmspec.job;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RequestLimits;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideSettings;
import io.ralmspec.kafka.AnswerSerializer;
import io.ralmspec.kafka.ClientSettings;
import io.ralmspec.kafka.TopicPlan;
import io.ralmspec.streaming.OperatorOptions;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.configuration.Configuration;

/** Options as the parts of the job want them. */
public final class JobSettings {
    private JobSettings() {}

    /** The largest answer in bytes. */
    static int maxAnswerBytes(Configuration options) {
        return Math.toIntExact(options.get(JobOptions.MAX_ANSWER_SIZE).getBytes());
    }

    /** What of the options is Flink's: nothing of ours belongs on its settings page. */
    public static Configuration flink(Configuration options) {
        Map<String, String> flink = new HashMap<>(options.toMap());
        flink.keySet().removeIf(key -> key.startsWith(OptionsReader.PREFIX));
        return Configuration.fromMap(flink);
    }

    public static TopicPlan topics(Configuration options) {
        int replyBytes = maxAnswerBytes(options) + AnswerSerializer.RECORD_BYTES;
        return TopicPlan.load()
                .withMaxMessageBytes(TopicPlan.Role.ANSWERS, replyBytes)
                .withMaxMessageBytes(TopicPlan.Role.DELTAS, replyBytes)
                .withName(TopicPlan.Role.REQUESTS, options.get(JobOptions.REQUESTS_TOPIC))
                .withName(TopicPlan.Role.ANSWERS, options.get(JobOptions.ANSWERS_TOPIC))
                .withName(TopicPlan.Role.DELTAS, options.get(JobOptions.DELTAS_TOPIC))
                .withName(TopicPlan.Role.DEAD_LETTERS, options.get(JobOptions.DEAD_LETTERS_TOPIC));
    }

    public static ClientSettings clients(Configuration options) {
        Map<String, String> common = new HashMap<>();
        options.toMap()
                .forEach(
                        (name, value) -> {
                            if (name.startsWith(JobOptions.KAFKA_PROPERTIES)) {
                                common.put(
                                        name.substring(JobOptions.KAFKA_PROPERTIES.length()),
                                        value);
                            }
                        });
        return ClientSettings.of(
                options.get(JobOptions.BOOTSTRAP_SERVERS), common, Map.of(), Map.of());
    }

    static RequestLimits limits(Configuration options) {
        RequestLimits limits = RequestLimits.DEFAULT;
        return new RequestLimits(
                options.get(JobOptions.REQUEST_MAX_TOKENS),
                options.get(JobOptions.REQUEST_MAX_PROMPT_CHARACTERS),
                Math.toIntExact(options.get(JobOptions.REQUEST_MAX_SIZE).getBytes()),
                limits.maxStop(),
                limits.maxStopCharacters(),
                limits.maxStride(),
                limits.maxQueryTokens(),
                options.get(JobOptions.MAX_SPECULATION_STRIDE),
                // An approximate search returns no more than it holds.
                Math.min(limits.maxPrefetch(), options.get(JobOptions.KNOWLEDGE_EF_SEARCH)),
                limits.maxIdCharacters(),
                limits.maxDeadlineMillis(),
                options.contains(JobOptions.DATASTORE_DIRECTORY));
    }

    static RequestDefaults defaults(Configuration options) {
        return new RequestDefaults(
                Math.min(
                        options.get(JobOptions.REQUEST_DEFAULT_TOKENS),
                        options.get(JobOptions.REQUEST_MAX_TOKENS)),
                new RetrievalParameters(
                        RetrieverKind.ofWireName(options.get(JobOptions.DEFAULT_RETRIEVER))
                                .orElseThrow(),
                        DecodingMode.ofWireName(options.get(JobOptions.DEFAULT_MODE)).orElseThrow(),
                        RetrievalScheme.ofWireName(options.get(JobOptions.DEFAULT_SCHEME))
                                .orElseThrow(),
                        options.get(JobOptions.DEFAULT_CONFIDENCE),
                        options.get(JobOptions.DEFAULT_STRIDE),
                        options.get(JobOptions.DEFAULT_QUERY_TOKENS),
                        speculation(options),
                        knn(options)));
    }

    private static KnnParameters knn(Configuration options) {
        return new KnnParameters(
                options.get(JobOptions.DEFAULT_LAMBDA),
                options.get(JobOptions.DEFAULT_KNN_TEMPERATURE),
                options.get(JobOptions.DEFAULT_NEIGHBOURS),
                options.get(JobOptions.DEFAULT_SUCCESSORS),
                options.get(JobOptions.DEFAULT_KNN_PREFETCH),
                options.get(JobOptions.DEFAULT_CACHE_ENTRIES));
    }

    private static SpeculationPolicy speculation(Configuration options) {
        SpeculationStride stride =
                SpeculationStride.parse(options.get(JobOptions.DEFAULT_SPECULATION_STRIDE))
                        .orElseThrow();
        return new SpeculationPolicy(
                stride.rule(),
                // Where the rule sets the stride, this one must only be legal.
                Math.min(stride.steps(), options.get(JobOptions.MAX_SPECULATION_STRIDE)),
                options.get(JobOptions.DEFAULT_PREFETCH),
                options.get(JobOptions.DEFAULT_ASYNC),
                options.get(JobOptions.DEFAULT_RECOVERY),
                options.get(JobOptions.DEFAULT_GRAPH));
    }

    private static StrideSettings strides(Configuration options) {
        return new StrideSettings(
                options.get(JobOptions.MAX_SPECULATION_STRIDE),
                options.get(JobOptions.GAMMA_MAX),
                options.get(JobOptions.WINDOW));
    }

    public static OperatorOptions operators(Configuration options) {
        int maxInFlight = options.get(JobOptions.MAX_IN_FLIGHT);
        return new OperatorOptions(
                maxInFlight,
                options.get(JobOptions.MAX_WAITING),
                options.get(JobOptions.RETENTION),
                options.get(JobOptions.VERIFICATION_TIMEOUT),
                options.get(JobOptions.VERIFICATION_ATTEMPTS),
                OperatorOptions.DEFAULT.verificationBackoff(),
                options.get(JobOptions.VERIFICATION_MAX_BATCH),
                2 * maxInFlight,
                false,
                strides(options));
    }
}
