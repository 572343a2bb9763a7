package io.ralmspec.job;

import static org.apache.flink.configuration.ConfigOptions.key;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RequestLimits;
import io.ralmspec.decoding.RetrieverKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.MemorySize;
import org.jspecify.annotations.Nullable;

/**
 * Every option of the job. Four have no default: where Kafka is, and the directories of model,
 * encoder and knowledge base. {@link OptionsReader} checks types, ranges and names.
 */
public final class JobOptions {
    /**
     * An option and what its value must satisfy.
     *
     * @param range the bound, as it reads in {@code must be <range>}
     */
    public record Bounded<T>(ConfigOption<T> option, String range, Predicate<T> holds) {}

    private static final List<Bounded<?>> ALL = new ArrayList<>();
    private static final RequestLimits LIMITS = RequestLimits.DEFAULT;
    private static final RequestDefaults DEFAULTS = RequestDefaults.PAPER;

    /** What passes through to every Kafka client: {@code ralmspec.kafka.properties.<name>}. */
    public static final String KAFKA_PROPERTIES = "ralmspec.kafka.properties.";

    public static final ConfigOption<String> BOOTSTRAP_SERVERS =
            text(
                    "ralmspec.kafka.bootstrap-servers",
                    null,
                    "Kafka brokers, host:port, comma-separated. Required.");
    public static final ConfigOption<String> GROUP_ID =
            text("ralmspec.kafka.group-id", "ralmspec", "Consumer group of the request topic.");
    public static final ConfigOption<String> REQUESTS_TOPIC =
            text(
                    "ralmspec.kafka.topic.requests",
                    "ralm.requests",
                    "Topic that requests arrive on.");
    public static final ConfigOption<String> ANSWERS_TOPIC =
            text("ralmspec.kafka.topic.answers", "ralm.answers", "Topic that answers go to.");
    public static final ConfigOption<String> DELTAS_TOPIC =
            text(
                    "ralmspec.kafka.topic.deltas",
                    "ralm.deltas",
                    "Topic that verified text goes to while an answer grows.");
    public static final ConfigOption<String> DEAD_LETTERS_TOPIC =
            text(
                    "ralmspec.kafka.topic.dead-letters",
                    "ralm.dead-letters",
                    "Topic for records that can't be answered, with their original bytes.");
    public static final ConfigOption<String> DELIVERY =
            define(
                    key("ralmspec.kafka.delivery")
                            .stringType()
                            .defaultValue("at-least-once")
                            .withDescription(
                                    "Guarantee of answers. exactly-once makes an answer visible at"
                                            + " the next checkpoint only, to consumers with"
                                            + " isolation.level=read_committed."),
                    "at-least-once or exactly-once",
                    value -> value.equals("at-least-once") || value.equals("exactly-once"));
    public static final ConfigOption<String> TRANSACTIONAL_ID_PREFIX =
            text(
                    "ralmspec.kafka.transactional-id-prefix",
                    null,
                    "Unique per job; required for exactly-once.");

    public static final ConfigOption<String> MODEL_DIRECTORY =
            text(
                    "ralmspec.model.directory",
                    null,
                    "Language model: model.onnx, tokenizer.json, config.json. Required.");
    public static final ConfigOption<Integer> MODEL_THREADS =
            integer(
                    "ralmspec.model.threads",
                    2,
                    1,
                    256,
                    "Cores that one run of the language model uses.");
    public static final ConfigOption<Integer> MODEL_DOCUMENT_TOKENS =
            integer(
                    "ralmspec.model.document-tokens",
                    0,
                    0,
                    65_536,
                    "Tokens kept of a document; 0 is the smaller of 256 and 3/8 of the context.");
    public static final ConfigOption<MemorySize> MODEL_DOCUMENT_MEMORY =
            memory(
                    "ralmspec.model.document-memory",
                    "512mb",
                    "Native memory for the key-value states of documents.");
    public static final ConfigOption<MemorySize> MODEL_SEQUENCE_MEMORY =
            memory(
                    "ralmspec.model.sequence-memory",
                    "1gb",
                    "Native memory for the key-value states of requests; beyond it the least"
                            + " recently used one is computed again when needed.");
    public static final ConfigOption<String> MODEL_DEVICE =
            define(
                    key("ralmspec.model.device")
                            .stringType()
                            .defaultValue("cpu")
                            .withDescription(
                                    "Where the language model runs; auto takes CUDA where it is"
                                            + " there. CUDA needs the GPU build of ONNX Runtime."),
                    "cpu, cuda or auto",
                    value -> List.of("cpu", "cuda", "auto").contains(value));
    public static final ConfigOption<String> ENCODER_DIRECTORY =
            text(
                    "ralmspec.encoder.directory",
                    null,
                    "Query encoder: model.onnx, tokenizer.json, 1_Pooling/config.json. Required.");
    public static final ConfigOption<Integer> ENCODER_THREADS =
            integer("ralmspec.encoder.threads", 2, 1, 256, "Cores that one encoding uses.");
    public static final ConfigOption<String> KNOWLEDGE_DIRECTORY =
            text(
                    "ralmspec.knowledge.directory",
                    null,
                    "Knowledge base that `ralmspec index` built. Required.");
    public static final ConfigOption<Integer> KNOWLEDGE_THREADS =
            integer("ralmspec.knowledge.threads", 2, 1, 256, "Cores that one search uses.");
    public static final ConfigOption<Integer> KNOWLEDGE_EF_SEARCH =
            integer(
                    "ralmspec.knowledge.hnsw-ef-search",
                    128,
                    1,
                    4096,
                    "Candidates that an approximate search holds: more finds more and takes"
                            + " longer.");

    public static final ConfigOption<Integer> REQUEST_MAX_TOKENS =
            integer(
                    "ralmspec.request.max-tokens",
                    LIMITS.maxTokens(),
                    1,
                    65_536,
                    "Largest `max_tokens` of a request.");
    public static final ConfigOption<Integer> REQUEST_DEFAULT_TOKENS =
            integer(
                    "ralmspec.request.default-tokens",
                    DEFAULTS.maxTokens(),
                    1,
                    65_536,
                    "`max_tokens` of a request that says nothing; no more than the largest.");
    public static final ConfigOption<Integer> REQUEST_MAX_PROMPT_CHARACTERS =
            integer(
                    "ralmspec.request.max-prompt-characters",
                    LIMITS.maxPromptCharacters(),
                    1,
                    1 << 20,
                    "Longest prompt; the model's context limits it further.");
    public static final ConfigOption<MemorySize> REQUEST_MAX_SIZE =
            define(
                    key("ralmspec.request.max-size")
                            .memoryType()
                            .defaultValue(MemorySize.ofMebiBytes(1))
                            .withDescription(
                                    "Largest request record; a larger one is a dead letter,"
                                            + " unread."),
                    "in [1 kb, 16 mb]",
                    value -> value.getBytes() >= 1 << 10 && value.getBytes() <= 16 << 20);
    public static final ConfigOption<String> DEFAULT_RETRIEVER =
            define(
                    key("ralmspec.retrieval.retriever")
                            .stringType()
                            .defaultValue(DEFAULTS.retrieval().retriever().wireName())
                            .withDescription("Retriever of a request that names none."),
                    "exact, hnsw or bm25",
                    value -> RetrieverKind.ofWireName(value).isPresent());
    public static final ConfigOption<String> DEFAULT_MODE =
            define(
                    key("ralmspec.retrieval.mode")
                            .stringType()
                            .defaultValue(DEFAULTS.retrieval().mode().wireName())
                            .withDescription(
                                    "Mode of a request that names none; both give the same"
                                            + " tokens."),
                    "speculative or baseline",
                    value -> DecodingMode.ofWireName(value).isPresent());
    public static final ConfigOption<Integer> DEFAULT_STRIDE =
            integer(
                    "ralmspec.retrieval.stride",
                    DEFAULTS.retrieval().stride(),
                    1,
                    LIMITS.maxStride(),
                    "Generation stride: tokens generated per retrieval.");
    public static final ConfigOption<Integer> DEFAULT_QUERY_TOKENS =
            integer(
                    "ralmspec.retrieval.query-tokens",
                    DEFAULTS.retrieval().queryTokens(),
                    1,
                    LIMITS.maxQueryTokens(),
                    "The query is the text of this many last tokens.");
    public static final ConfigOption<Integer> DEFAULT_SPECULATION_STRIDE =
            integer(
                    "ralmspec.speculation.stride",
                    DEFAULTS.retrieval().speculationStride(),
                    1,
                    LIMITS.maxSpeculationStride(),
                    "Speculation stride: steps verified by one knowledge base call.");
    public static final ConfigOption<Integer> DEFAULT_PREFETCH =
            integer(
                    "ralmspec.speculation.prefetch",
                    DEFAULTS.retrieval().prefetch(),
                    1,
                    LIMITS.maxPrefetch(),
                    "Documents that each verified query brings into the speculation cache.");

    public static final ConfigOption<Integer> MAX_IN_FLIGHT =
            integer(
                    "ralmspec.job.max-in-flight",
                    64,
                    1,
                    100_000,
                    "Requests worked on at once, per subtask; more wait in state.");
    public static final ConfigOption<Integer> MAX_WAITING =
            integer(
                    "ralmspec.job.max-waiting",
                    10_000,
                    0,
                    10_000_000,
                    "Requests that may wait, per subtask; more are answered with an error.");
    public static final ConfigOption<Duration> RETENTION =
            duration(
                    "ralmspec.job.retention",
                    Duration.ofHours(1),
                    "How long an answered id is remembered; a second request with it in this time"
                            + " is a dead letter.");
    public static final ConfigOption<Duration> VERIFICATION_TIMEOUT =
            duration(
                    "ralmspec.verification.timeout",
                    Duration.ofSeconds(30),
                    "Longest wait for the knowledge base, retries included.");
    public static final ConfigOption<Integer> VERIFICATION_ATTEMPTS =
            integer(
                    "ralmspec.verification.attempts",
                    3,
                    1,
                    100,
                    "Tries of a knowledge base call before the request is answered with an error.");
    public static final ConfigOption<Integer> VERIFICATION_MAX_BATCH =
            integer(
                    "ralmspec.verification.max-batch",
                    256,
                    1,
                    65_536,
                    "Most queries, of one or many requests, in one knowledge base call.");

    private JobOptions() {}

    public static List<Bounded<?>> all() {
        return Collections.unmodifiableList(ALL);
    }

    private static ConfigOption<String> text(
            String name, @Nullable String defaultValue, String description) {
        var typed = key(name).stringType();
        ConfigOption<String> option =
                defaultValue == null ? typed.noDefaultValue() : typed.defaultValue(defaultValue);
        return define(option.withDescription(description), "not empty", value -> !value.isBlank());
    }

    private static ConfigOption<Integer> integer(
            String name, int defaultValue, int min, int max, String description) {
        return define(
                key(name).intType().defaultValue(defaultValue).withDescription(description),
                "in [%d, %d]".formatted(min, max),
                value -> value >= min && value <= max);
    }

    private static ConfigOption<MemorySize> memory(
            String name, String defaultValue, String description) {
        return define(
                key(name)
                        .memoryType()
                        .defaultValue(MemorySize.parse(defaultValue))
                        .withDescription(description),
                "> 0 bytes",
                value -> value.getBytes() > 0);
    }

    private static ConfigOption<Duration> duration(
            String name, Duration defaultValue, String description) {
        return define(
                key(name).durationType().defaultValue(defaultValue).withDescription(description),
                "> 0",
                value -> !value.isNegative() && !value.isZero());
    }

    private static <T> ConfigOption<T> define(
            ConfigOption<T> option, String range, Predicate<T> holds) {
        ALL.add(new Bounded<>(option, range, holds));
        return option;
    }
}
