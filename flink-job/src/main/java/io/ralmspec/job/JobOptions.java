package io.ralmspec.job;

import static org.apache.flink.configuration.ConfigOptions.key;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RequestLimits;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideSettings;
import io.ralmspec.kafka.AnswerSerializer;
import java.time.Duration;
import java.util.List;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.MemorySize;

/**
 * Every option of the job. Four without a default must be set: where Kafka is, and the directories
 * of model, encoder and knowledge base. {@link OptionsReader} checks types, ranges and names.
 */
public final class JobOptions {
    private static final OptionTable TABLE = new OptionTable();
    private static final RequestLimits LIMITS = RequestLimits.DEFAULT;
    private static final RequestDefaults DEFAULTS = RequestDefaults.STANDARD;
    private static final SpeculationPolicy SPECULATION = DEFAULTS.retrieval().speculation();
    private static final KnnParameters KNN = DEFAULTS.retrieval().knn();

    /** What passes through to every Kafka client: {@code ralmspec.kafka.properties.<name>}. */
    public static final String KAFKA_PROPERTIES = "ralmspec.kafka.properties.";

    public static final ConfigOption<String> BOOTSTRAP_SERVERS =
            TABLE.text(
                    "ralmspec.kafka.bootstrap-servers",
                    null,
                    "Kafka brokers, host:port, comma-separated. Required.");
    public static final ConfigOption<String> GROUP_ID =
            TABLE.text(
                    "ralmspec.kafka.group-id", "ralmspec", "Consumer group of the request topic.");
    public static final ConfigOption<String> REQUESTS_TOPIC =
            TABLE.text(
                    "ralmspec.kafka.topic.requests",
                    "ralm.requests",
                    "Topic that requests arrive on.");
    public static final ConfigOption<String> ANSWERS_TOPIC =
            TABLE.text("ralmspec.kafka.topic.answers", "ralm.answers", "Topic that answers go to.");
    public static final ConfigOption<String> DELTAS_TOPIC =
            TABLE.text(
                    "ralmspec.kafka.topic.deltas",
                    "ralm.deltas",
                    "Topic that verified text goes to while an answer grows.");
    public static final ConfigOption<String> DEAD_LETTERS_TOPIC =
            TABLE.text(
                    "ralmspec.kafka.topic.dead-letters",
                    "ralm.dead-letters",
                    "Topic for records that can't be answered, with their original bytes.");
    public static final ConfigOption<String> DELIVERY =
            TABLE.name(
                    "ralmspec.kafka.delivery",
                    "at-least-once",
                    "at-least-once or exactly-once",
                    value -> value.equals("at-least-once") || value.equals("exactly-once"),
                    "Guarantee of answers. exactly-once makes an answer visible at"
                            + " the next checkpoint only, to consumers with"
                            + " isolation.level=read_committed.");
    public static final ConfigOption<String> TRANSACTIONAL_ID_PREFIX =
            TABLE.text(
                    "ralmspec.kafka.transactional-id-prefix",
                    null,
                    "Unique per job; required for exactly-once.");

    public static final ConfigOption<MemorySize> MAX_ANSWER_SIZE =
            TABLE.define(
                    key("ralmspec.kafka.max-answer-size")
                            .memoryType()
                            .defaultValue(new MemorySize(AnswerSerializer.DEFAULT_MAX_ANSWER_BYTES))
                            .withDescription(
                                    "Largest answer; a larger one is replaced by an error answer."
                                            + " The answer and delta topics must take records of"
                                            + " this size and %d bytes more."
                                                    .formatted(AnswerSerializer.RECORD_BYTES)),
                    "in [16 kb, 16 mb]",
                    value ->
                            value.getBytes() >= AnswerSerializer.MIN_MAX_ANSWER_BYTES
                                    && value.getBytes() <= 16 << 20);
    public static final ConfigOption<Boolean> CHECK_TOPICS =
            TABLE.flag(
                    "ralmspec.kafka.check-topics",
                    true,
                    "Before the job is submitted, ask Kafka whether the topics are there and take"
                            + " what the job sends; false where only the cluster can reach Kafka.");

    public static final ConfigOption<String> MODEL_DIRECTORY =
            TABLE.text(
                    "ralmspec.model.directory",
                    null,
                    "Language model: model.onnx, tokenizer.json, config.json. Required.");
    public static final ConfigOption<Integer> MODEL_THREADS =
            TABLE.integer(
                    "ralmspec.model.threads", 2, 1, 256, "Cores that one run of the model uses.");
    public static final ConfigOption<Integer> MODEL_DOCUMENT_TOKENS =
            TABLE.integer(
                    "ralmspec.model.document-tokens",
                    0,
                    0,
                    65_536,
                    "Tokens kept of a document; 0 is the smaller of 256 and 3/8 of the context.");
    public static final ConfigOption<MemorySize> MODEL_DOCUMENT_MEMORY =
            TABLE.memory(
                    "ralmspec.model.document-memory",
                    "512mb",
                    "Native memory for the key-value states of documents.");
    public static final ConfigOption<MemorySize> MODEL_SEQUENCE_MEMORY =
            TABLE.memory(
                    "ralmspec.model.sequence-memory",
                    "1gb",
                    "Native memory for the key-value states of requests; beyond it the least"
                            + " recently used is computed again when needed. As much again for"
                            + " KNN-LM.");
    public static final ConfigOption<String> MODEL_DEVICE =
            TABLE.name(
                    "ralmspec.model.device",
                    "cpu",
                    "cpu, cuda or auto",
                    value -> List.of("cpu", "cuda", "auto").contains(value),
                    "Where the model runs. CUDA, also by auto, needs ONNX Runtime's GPU build.");
    public static final ConfigOption<Integer> MODEL_BATCH =
            TABLE.integer(
                    "ralmspec.model.batch",
                    8,
                    1,
                    64,
                    "Requests that may share a run of the model; above 1 takes its memory twice. On"
                            + " CUDA they take turns, and above 1 makes a run generate a stride"
                            + " instead of a token.");
    public static final ConfigOption<String> ENCODER_DIRECTORY =
            TABLE.text(
                    "ralmspec.encoder.directory",
                    null,
                    "Query encoder: model.onnx, tokenizer.json, 1_Pooling/config.json. Required.");
    public static final ConfigOption<Integer> ENCODER_THREADS =
            TABLE.integer("ralmspec.encoder.threads", 2, 1, 256, "Cores that one encoding uses.");
    public static final ConfigOption<String> KNOWLEDGE_DIRECTORY =
            TABLE.text(
                    "ralmspec.knowledge.directory",
                    null,
                    "Knowledge base that `ralmspec index` built. Required.");
    public static final ConfigOption<Integer> KNOWLEDGE_THREADS =
            TABLE.integer("ralmspec.knowledge.threads", 2, 1, 256, "Cores that one search uses.");
    public static final ConfigOption<Integer> KNOWLEDGE_EF_SEARCH =
            TABLE.integer(
                    "ralmspec.knowledge.hnsw-ef-search",
                    128,
                    1,
                    4096,
                    "Candidates that an approximate search holds: more finds more and takes"
                            + " longer.");

    public static final ConfigOption<String> DATASTORE_DIRECTORY =
            TABLE.text(
                    "ralmspec.datastore.directory",
                    null,
                    "KNN-LM datastore, built with this language model, whose graph must then have"
                            + " the output of its keys. Without it, requests in modes knn-lm and"
                            + " knn-lm-baseline are refused. Searched with the threads and the"
                            + " candidates of the knowledge base.");
    public static final ConfigOption<MemorySize> DATASTORE_STATE_MEMORY =
            TABLE.memory(
                    "ralmspec.datastore.state-memory",
                    "128mb",
                    "KNN-LM: heap for what the language model said before tokens that are not"
                            + " verified yet, 4 bytes per token and word of the vocabulary;"
                            + " beyond it that is computed again when needed.");

    public static final ConfigOption<Integer> REQUEST_MAX_TOKENS =
            TABLE.integer(
                    "ralmspec.request.max-tokens",
                    LIMITS.maxTokens(),
                    1,
                    65_536,
                    "Largest `max_tokens` of a request.");
    public static final ConfigOption<Integer> REQUEST_DEFAULT_TOKENS =
            TABLE.integer(
                    "ralmspec.request.default-tokens",
                    DEFAULTS.maxTokens(),
                    1,
                    65_536,
                    "`max_tokens` of a request that says nothing; no more than the largest.");
    public static final ConfigOption<Integer> REQUEST_MAX_PROMPT_CHARACTERS =
            TABLE.integer(
                    "ralmspec.request.max-prompt-characters",
                    LIMITS.maxPromptCharacters(),
                    1,
                    1 << 20,
                    "Longest prompt; the model's context limits it further.");
    public static final ConfigOption<MemorySize> REQUEST_MAX_SIZE =
            TABLE.define(
                    key("ralmspec.request.max-size")
                            .memoryType()
                            .defaultValue(MemorySize.ofMebiBytes(1))
                            .withDescription(
                                    "Largest request record; a larger one is a dead letter,"
                                            + " unread."),
                    "in [1 kb, 16 mb]",
                    value -> value.getBytes() >= 1 << 10 && value.getBytes() <= 16 << 20);
    public static final ConfigOption<String> DEFAULT_RETRIEVER =
            TABLE.name(
                    "ralmspec.retrieval.retriever",
                    DEFAULTS.retrieval().retriever().wireName(),
                    "exact, hnsw or bm25",
                    value -> RetrieverKind.ofWireName(value).isPresent(),
                    "Retriever of a request that names none.");
    public static final ConfigOption<String> DEFAULT_MODE =
            TABLE.name(
                    "ralmspec.retrieval.mode",
                    DEFAULTS.retrieval().mode().wireName(),
                    "speculative, baseline, knn-lm or knn-lm-baseline",
                    value -> DecodingMode.ofWireName(value).isPresent(),
                    "Mode of a request that names none. speculative and baseline look documents up"
                        + " and give the same tokens; so do knn-lm and knn-lm-baseline, which mix"
                        + " in neighbours from a datastore. These need one, retriever exact or"
                        + " hnsw, and scheme every-stride; stride, query-tokens, prefetch, recovery"
                        + " and graph mean nothing to them.");
    public static final ConfigOption<Integer> DEFAULT_STRIDE =
            TABLE.integer(
                    "ralmspec.retrieval.stride",
                    DEFAULTS.retrieval().stride(),
                    1,
                    LIMITS.maxStride(),
                    "Generation stride: tokens generated per retrieval.");
    public static final ConfigOption<Integer> DEFAULT_QUERY_TOKENS =
            TABLE.integer(
                    "ralmspec.retrieval.query-tokens",
                    DEFAULTS.retrieval().queryTokens(),
                    1,
                    LIMITS.maxQueryTokens(),
                    "The query is the text of this many last tokens.");
    public static final ConfigOption<String> DEFAULT_SCHEME =
            TABLE.name(
                    "ralmspec.retrieval.scheme",
                    DEFAULTS.retrieval().scheme().wireName(),
                    "every-stride, iter-retgen or flare",
                    value -> RetrievalScheme.ofWireName(value).isPresent(),
                    "When a request that names no scheme looks documents up: after each stride;"
                            + " twice for each; or after strides that the model was not sure of.");
    public static final ConfigOption<Double> DEFAULT_CONFIDENCE =
            TABLE.probability(
                    "ralmspec.retrieval.confidence",
                    DEFAULTS.retrieval().confidence(),
                    "In scheme flare, a stride whose tokens are all more probable than this needs"
                            + " no lookup.");
    public static final ConfigOption<String> DEFAULT_SPECULATION_STRIDE =
            TABLE.name(
                    "ralmspec.speculation.stride",
                    SpeculationStride.of(SPECULATION).toString(),
                    SpeculationStride.RANGE,
                    value -> SpeculationStride.parse(value).isPresent(),
                    "Speculation stride, steps verified by one knowledge base call: a number; os3"
                            + " for the fastest by what was measured; continuous for all that are"
                            + " open whenever no call is out.");
    public static final ConfigOption<Integer> DEFAULT_PREFETCH =
            TABLE.integer(
                    "ralmspec.speculation.prefetch",
                    SPECULATION.prefetch(),
                    1,
                    LIMITS.maxPrefetch(),
                    "Documents that each verified query brings into the speculation cache.");
    public static final ConfigOption<Boolean> DEFAULT_ASYNC =
            TABLE.flag(
                    "ralmspec.speculation.async",
                    SPECULATION.async(),
                    "Go on generating while a knowledge base call is out.");
    public static final ConfigOption<Boolean> DEFAULT_RECOVERY =
            TABLE.flag(
                    "ralmspec.speculation.recovery",
                    SPECULATION.recovery(),
                    "Score tokens drafted with a wrong document again with the right one and keep"
                            + " what agrees.");
    public static final ConfigOption<Boolean> DEFAULT_GRAPH =
            TABLE.flag(
                    "ralmspec.speculation.graph",
                    SPECULATION.graph(),
                    "With exact search, guess documents with the approximate search of the same"
                            + " vectors too, if the index has it; with stride os3, where a call"
                            + " takes longer than a step of the model.");
    public static final ConfigOption<Double> DEFAULT_LAMBDA =
            TABLE.number(
                    "ralmspec.knn.lambda",
                    KNN.lambda(),
                    "in [0, 1]",
                    value -> value >= 0 && value <= 1,
                    "KNN-LM: weight of the neighbours beside the language model.");
    public static final ConfigOption<Double> DEFAULT_KNN_TEMPERATURE =
            TABLE.number(
                    "ralmspec.knn.temperature",
                    KNN.temperature(),
                    "in (0, %.0f]".formatted(KnnParameters.MAX_TEMPERATURE),
                    value -> value > 0 && value <= KnnParameters.MAX_TEMPERATURE,
                    "KNN-LM: what squared distances are divided by, in the scale of the model's"
                            + " keys.");
    public static final ConfigOption<Integer> DEFAULT_NEIGHBOURS =
            TABLE.integer(
                    "ralmspec.knn.k",
                    KNN.neighbours(),
                    1,
                    KnnParameters.MAX_NEIGHBOURS,
                    "KNN-LM: neighbours found per token.");
    public static final ConfigOption<Integer> DEFAULT_SUCCESSORS =
            TABLE.integer(
                    "ralmspec.knn.successors",
                    KNN.successors(),
                    0,
                    KnnParameters.MAX_SUCCESSORS,
                    "KNN-LM: entries after a neighbour that go into the speculation cache with"
                            + " it.");
    public static final ConfigOption<Integer> DEFAULT_KNN_PREFETCH =
            TABLE.integer(
                    "ralmspec.knn.prefetch",
                    KNN.prefetch(),
                    1,
                    KnnParameters.MAX_NEIGHBOURS,
                    "KNN-LM: nearest neighbours of each verified token that go into the speculation"
                            + " cache.");
    public static final ConfigOption<Integer> DEFAULT_CACHE_ENTRIES =
            TABLE.integer(
                    "ralmspec.knn.cache-entries",
                    KNN.cacheEntries(),
                    1,
                    KnnParameters.MAX_CACHE_ENTRIES,
                    "KNN-LM: entries cached at most, 4 bytes each in the request's state.");
    public static final ConfigOption<Integer> MAX_SPECULATION_STRIDE =
            TABLE.integer(
                    "ralmspec.speculation.max-stride",
                    StrideSettings.DEFAULT.maxStride(),
                    1,
                    LIMITS.maxSpeculationStride(),
                    "Steps per verification at most, and the largest stride that it may"
                            + " ask for.");
    public static final ConfigOption<Double> GAMMA_MAX =
            TABLE.probability(
                    "ralmspec.speculation.gamma-max",
                    StrideSettings.DEFAULT.gammaMax(),
                    "Largest probability of a right guess that os3 believes.");
    public static final ConfigOption<Integer> WINDOW =
            TABLE.integer(
                    "ralmspec.speculation.window",
                    StrideSettings.DEFAULT.window(),
                    1,
                    1000,
                    "Verifications of a request that os3 looks back on.");

    public static final ConfigOption<Integer> MAX_IN_FLIGHT =
            TABLE.integer(
                    "ralmspec.job.max-in-flight",
                    64,
                    1,
                    100_000,
                    "Requests worked on at once, per subtask; more wait in state.");
    public static final ConfigOption<Integer> MAX_WAITING =
            TABLE.integer(
                    "ralmspec.job.max-waiting",
                    10_000,
                    0,
                    10_000_000,
                    "Requests that may wait, per subtask; more are answered with an error.");
    public static final ConfigOption<Duration> RETENTION =
            TABLE.duration(
                    "ralmspec.job.retention",
                    Duration.ofHours(1),
                    "How long an answered id is remembered; a second request with it in this time"
                            + " is a dead letter.");
    public static final ConfigOption<Duration> VERIFICATION_TIMEOUT =
            TABLE.duration(
                    "ralmspec.verification.timeout",
                    Duration.ofSeconds(30),
                    "Longest wait for the knowledge base, retries included.");
    public static final ConfigOption<Integer> VERIFICATION_ATTEMPTS =
            TABLE.integer(
                    "ralmspec.verification.attempts",
                    3,
                    1,
                    100,
                    "Tries of a knowledge base call before the request is answered with an error.");
    public static final ConfigOption<Integer> VERIFICATION_MAX_BATCH =
            TABLE.integer(
                    "ralmspec.verification.max-batch",
                    256,
                    1,
                    65_536,
                    "Most queries, of one or many requests, in one knowledge base call.");

    private JobOptions() {}

    public static List<BoundedOption<?>> all() {
        return TABLE.all();
    }
}
