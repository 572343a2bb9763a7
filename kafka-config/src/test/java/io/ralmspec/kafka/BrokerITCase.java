package io.ralmspec.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Origin;
import io.ralmspec.kafka.TopicPlan.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.test.KafkaClusterTestKit;
import org.apache.kafka.common.test.TestKitNodes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The plan and the clients' settings against a real broker in this JVM. */
class BrokerITCase {
    private static KafkaClusterTestKit broker;
    private static ClientSettings settings;
    private static Admin admin;

    @BeforeAll
    static void start() throws Exception {
        TestKitNodes nodes =
                new TestKitNodes.Builder()
                        .setCombined(true)
                        .setNumBrokerNodes(1)
                        .setNumControllerNodes(1)
                        .build();
        broker =
                new KafkaClusterTestKit.Builder(nodes)
                        .setConfigProp("auto.create.topics.enable", "false")
                        .setConfigProp("offsets.topic.replication.factor", "1")
                        .setConfigProp("transaction.state.log.replication.factor", "1")
                        .setConfigProp("transaction.state.log.min.isr", "1")
                        .build();
        broker.format();
        broker.startup();
        broker.waitForReadyBrokers();
        settings = ClientSettings.of(broker.bootstrapServers());
        admin = Admin.create(settings.admin());
    }

    @AfterAll
    static void stop() throws Exception {
        admin.close();
        broker.close();
    }

    @Test
    void createsWhatIsMissingOnceAndWithThePlansSettings() throws Exception {
        TopicPlan plan = plan("once").withPartitions(Role.ANSWERS, 5);

        assertThat(plan.createMissing(admin, 1)).containsExactlyElementsOf(names(plan));
        assertThat(plan.createMissing(admin, 1)).isEmpty();

        Map<String, TopicDescription> topics =
                admin.describeTopics(names(plan)).allTopicNames().get();
        for (TopicDefinition topic : plan.topics()) {
            assertThat(topics.get(topic.name()).partitions()).hasSize(topic.partitions());
            var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
            var config = admin.describeConfigs(Set.of(resource)).all().get().get(resource);
            topic.config()
                    .forEach(
                            (key, value) ->
                                    assertThat(config.get(key).value()).as(key).isEqualTo(value));
        }
    }

    @Test
    void createsOnlyWhatIsMissing() throws Exception {
        TopicPlan plan = plan("some");
        admin.createTopics(
                        Set.of(
                                new NewTopic(plan.requests().name(), 2, (short) 1)
                                        .configs(plan.requests().config())))
                .all()
                .get();

        assertThat(plan.createMissing(admin, 1))
                .containsExactlyElementsOf(names(plan).subList(1, 4));
    }

    @Test
    void severalMayCreateAtOnce() throws Exception {
        TopicPlan plan = plan("race");
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            Callable<List<String>> create = () -> plan.createMissing(admin, 1);
            List<Future<List<String>>> all =
                    threads.invokeAll(List.of(create, create, create, create));

            List<String> created = new ArrayList<>();
            for (Future<List<String>> one : all) {
                created.addAll(one.get());
            }
            assertThat(created).containsExactlyInAnyOrderElementsOf(names(plan));
        }
    }

    @Test
    void refusesATopicThatTakesTooSmallRecords() throws Exception {
        TopicPlan plan = plan("small");
        admin.createTopics(Set.of(new NewTopic(plan.deadLetters().name(), 1, (short) 1)))
                .all()
                .get();

        assertThatThrownBy(() -> plan.createMissing(admin, 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "`max.message.bytes` of topic small.ralm.dead-letters must be >= 25165824"
                                + " (got 1048588): run kafka-configs.sh --alter --entity-type"
                                + " topics --entity-name small.ralm.dead-letters --add-config"
                                + " max.message.bytes=25165824");
    }

    @Test
    void reportsWhatDiffersFromThePlanAndNothingElse() throws Exception {
        TopicPlan plan = plan("report");
        assertThat(TopicReport.read(admin, plan).problems())
                .hasSize(4)
                .allMatch(each -> each.contains("must exist"));
        plan.withPartitions(Role.ANSWERS, 3).createMissing(admin, 1);
        var requests = new ConfigResource(ConfigResource.Type.TOPIC, plan.requests().name());
        admin.incrementalAlterConfigs(
                        Map.of(
                                requests,
                                List.of(
                                        set("cleanup.policy", "compact"),
                                        // More than planned does no harm.
                                        set("retention.ms", "-1"),
                                        set("max.message.bytes", "99999999"),
                                        set("min.insync.replicas", "2"))))
                .all()
                .get();

        TopicReport report = TopicReport.read(admin, plan);

        assertThat(report.problems())
                .containsExactly(
                        "`cleanup.policy` of topic report.ralm.requests must be delete (got"
                                + " compact): run kafka-configs.sh --alter --entity-type topics"
                                + " --entity-name report.ralm.requests --add-config"
                                + " cleanup.policy=delete",
                        "`min.insync.replicas` of topic report.ralm.requests must be <= 1, its"
                                + " replication factor (got 2): run kafka-configs.sh --alter"
                                + " --entity-type topics --entity-name report.ralm.requests"
                                + " --add-config min.insync.replicas=1",
                        "`partitions` of topic report.ralm.answers must be >= 8 (got 3): run"
                                + " kafka-topics.sh --alter --topic report.ralm.answers"
                                + " --partitions 8");
        assertThat(report.toString().lines().filter(line -> line.endsWith("differs"))).hasSize(3);
        assertThat(report.toString()).containsPattern("report.ralm.answers +partitions +8 +3");
    }

    private static AlterConfigOp set(String name, String value) {
        return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
    }

    @Test
    void saysWhatTheBrokerRefused() {
        TopicPlan plan = plan("copies");

        assertThatThrownBy(() -> plan.createMissing(admin, 3))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("topic copies.ralm.requests can't be created: ")
                .hasMessageContaining("must be <= the brokers that run (got 3)")
                .hasMessageContaining("--replication-factor");
    }

    @Test
    void aRequestOfTenMegabytesComesBackAsADeadLetterByteForByte() throws Exception {
        TopicPlan plan = plan("large");
        plan.createMissing(admin, 1);
        byte[] request =
                ("{\"id\":\"a\",\"prompt\":\"" + "é".repeat(5_000_000) + "\"}").getBytes(UTF_8);
        byte[] key = {'a', (byte) 0xFF};

        send(
                plan.requests(),
                new OutputRecord(
                        key, request, List.of("traceparent"), List.of("00-a".getBytes(UTF_8))));
        Origin origin = Origins.of(receive(plan.requests()));
        DeadLetter letter = TestRecords.deadLetter(TestRecords.PARSER.parse(origin));
        send(plan.deadLetters(), new DeadLetterSerializer().serialize(letter));
        ConsumerRecord<byte[], byte[]> dead = receive(plan.deadLetters());

        assertThat(letter.error().code()).isEqualTo(ErrorCode.REQUEST_TOO_LARGE);
        assertThat(letter.error().message()).contains("<= 1048576 bytes (got 10000022)");
        assertThat(dead.key()).isEqualTo(key);
        assertThat(dead.value()).isEqualTo(request);
        assertThat(header(dead, "traceparent")).isEqualTo("00-a");
        assertThat(header(dead, "ralmspec-error-code")).isEqualTo("request_too_large");
        assertThat(header(dead, "ralmspec-topic")).isEqualTo(plan.requests().name());
        assertThat(header(dead, "ralmspec-partition")).isEqualTo("" + origin.partition());
        assertThat(header(dead, "ralmspec-offset")).isEqualTo("0");
    }

    @Test
    void theLargestDeadLetterCanBeSent() throws Exception {
        TopicPlan plan = plan("largest");
        plan.createMissing(admin, 1);
        byte[] value = new byte[40 << 20];
        // Random bytes don't compress, so that the broker sees the full size.
        new Random(1).nextBytes(value);
        Origin origin = TestRecords.origin(null, value, Map.of());
        DeadLetter letter = TestRecords.deadLetter(TestRecords.PARSER.parse(origin));

        send(plan.deadLetters(), new DeadLetterSerializer().serialize(letter));
        ConsumerRecord<byte[], byte[]> dead = receive(plan.deadLetters());

        assertThat(dead.value()).hasSizeGreaterThan(23 << 20);
        assertThat(header(dead, "ralmspec-value-bytes")).isEqualTo("" + value.length);
    }

    private static TopicPlan plan(String prefix) {
        TopicPlan plan = TopicPlan.load();
        for (Role role : Role.values()) {
            plan = plan.withName(role, prefix + "." + plan.topic(role).name());
        }
        return plan;
    }

    private static List<String> names(TopicPlan plan) {
        return plan.topics().stream().map(TopicDefinition::name).toList();
    }

    private static void send(TopicDefinition topic, OutputRecord record) throws Exception {
        Properties properties = settings.producer();
        try (var producer =
                new KafkaProducer<>(
                        properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(record.toProducerRecord(topic.name())).get();
        }
    }

    /** The topic's first record, whatever its partition. */
    private static ConsumerRecord<byte[], byte[]> receive(TopicDefinition topic) {
        try (var consumer =
                new KafkaConsumer<>(
                        settings.consumer(),
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer())) {
            consumer.assign(
                    Stream.iterate(0, i -> i + 1)
                            .limit(topic.partitions())
                            .map(i -> new TopicPartition(topic.name(), i))
                            .toList());
            for (int i = 0; i < 60; i++) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofSeconds(1));
                if (!records.isEmpty()) {
                    return records.iterator().next();
                }
            }
            throw new AssertionError("nothing on " + topic.name() + " within 60 seconds");
        }
    }

    private static String header(ConsumerRecord<?, ?> record, String name) {
        return new String(record.headers().lastHeader(name).value(), UTF_8);
    }
}
