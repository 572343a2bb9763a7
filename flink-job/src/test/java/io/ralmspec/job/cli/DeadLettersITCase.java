package io.ralmspec.job.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.job.JobOptions;
import io.ralmspec.job.KafkaRecords;
import io.ralmspec.job.ScriptedServing;
import io.ralmspec.job.TestRequests;
import io.ralmspec.job.local.LocalService;
import io.ralmspec.job.local.Ports;
import io.ralmspec.kafka.AnswerReader;
import io.ralmspec.kafka.RequestWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** From poison to dead letter, and back: the command line on the real job and broker. */
class DeadLettersITCase {
    private static final long SEED = 4;
    private static final String MARKER = "marker-of-the-prompt";

    /** No UTF-8, and with bytes that would move a terminal's cursor. */
    private static final byte[] POISON = {'{', (byte) 0xC0, 0, 0x1B, '[', '2', 'J', '\n'};

    private static final byte[] ODD_KEY = {(byte) 0xFF, 0, 1};
    private static final byte[] ODD_HEADER = {0, (byte) 0x80, '\r'};

    @TempDir Path directory;

    private record Run(int exitCode, String out, String errors) {}

    @Test
    void deadLettersAreListedAndReplayedByteForByte() throws Exception {
        DecodingRequest large =
                TestRequests.speculative("large", MARKER + "x".repeat(2000), 20, false);
        byte[] largeBytes = RequestWriter.write(large);
        // The first service takes only small requests.
        try (LocalService service = start(Map.of(JobOptions.REQUEST_MAX_SIZE.key(), "1kb"))) {
            String requests = service.topics().requests().name();
            try (KafkaProducer<byte[], byte[]> producer =
                    KafkaRecords.producer(service.clients())) {
                var poison = new ProducerRecord<>(requests, null, ODD_KEY, POISON);
                poison.headers().add("traceparent", "00-a".getBytes(UTF_8));
                poison.headers().add("odd", ODD_HEADER).add("ralmspec-topic", ODD_HEADER);
                producer.send(poison).get();
                var tooLarge = RequestWriter.record(large).toProducerRecord(requests);
                tooLarge.headers().add("odd", ODD_HEADER);
                producer.send(tooLarge).get();
            }
            List<ConsumerRecord<byte[], byte[]>> letters = letters(service, 2);
            ConsumerRecord<byte[], byte[]> poison = byCode(letters, "invalid_json");
            assertThat(poison.key()).isEqualTo(ODD_KEY);
            assertThat(poison.value()).isEqualTo(POISON);
            assertThat(header(poison, "odd")).isEqualTo(ODD_HEADER);
            assertThat(text(poison, "traceparent")).isEqualTo("00-a");
            assertThat(text(poison, "ralmspec-topic")).isEqualTo(requests);
            assertThat(byCode(letters, "request_too_large").value()).isEqualTo(largeBytes);
            assertListed(service, letters);
            assertDryRunSendsNothing(service);
            awaitCheckpointOf(service, 2);
        }
        try (LocalService service = start(Map.of())) {
            Run run = run(service, "replay", "--code", "request_too_large", "--since", "1h");

            assertThat(run.exitCode()).as(run.errors()).isZero();
            assertThat(run.out()).isEqualToIgnoringNewLines("1 sent again");
            assertThat(answer(service, "large"))
                    .isEqualTo(new ScriptedServing(SEED).oracle(large).tokens());
            ConsumerRecord<byte[], byte[]> sent = requests(service, 3).getLast();
            assertThat(sent.key()).isEqualTo("large".getBytes(UTF_8));
            assertThat(sent.value()).isEqualTo(largeBytes);
            assertThat(sent.headers().toArray())
                    .extracting(Header::key)
                    .containsExactly("odd", "ralmspec-replays");
            assertThat(header(sent, "odd")).isEqualTo(ODD_HEADER);

            assertPoisonIsReplayedThreeTimesAtMost(service);
        }
    }

    private static void assertListed(
            LocalService service, List<ConsumerRecord<byte[], byte[]>> letters) {
        Run all = run(service, "list");
        assertThat(all.exitCode()).as(all.errors()).isZero();
        assertThat(all.out())
                .contains(
                        "invalid_json",
                        "`request` must be UTF-8 (got a malformed character at byte 1)",
                        "request_too_large",
                        "2 dead letters.")
                .doesNotContain(MARKER);
        for (ConsumerRecord<byte[], byte[]> letter : letters) {
            String place = place(letter);
            String line =
                    all.out().lines().filter(l -> l.startsWith(place)).findFirst().orElseThrow();
            assertThat(line)
                    .contains(
                            "%s-%s@%s "
                                    .formatted(
                                            text(letter, "ralmspec-topic"),
                                            text(letter, "ralmspec-partition"),
                                            text(letter, "ralmspec-offset")),
                            text(letter, "ralmspec-error-code"),
                            " " + letter.value().length + " ");
            assertThat(run(service, "list", "--at", place).out()).contains("1 dead letters.");
        }
        assertThat(run(service, "list", "--limit", "1").out())
                .contains("1 dead letters; there are more, see --limit and --since.");
        assertThat(run(service, "list", "--code", "overloaded").out())
                .isEqualToIgnoringNewLines("No dead letters.");
        assertThat(run(service, "list", "--since", "2100-01-01T00:00:00Z").out())
                .isEqualToIgnoringNewLines("No dead letters.");
        assertThat(run(service, "list", "--payload", "100").out())
                .contains(MARKER, "\\u0000\\u001b[2J")
                .doesNotContain("\u001b", "x".repeat(100));
        assertThat(run(service, "list", "--topic", "none").errors())
                .contains("topic none must exist");
        assertThat(run(service, "list", "--topic", "none", "--at", "0:0").errors())
                .contains("topic none must exist");
    }

    private static void assertDryRunSendsNothing(LocalService service) {
        Run dry = run(service, "replay", "--all", "--dry-run");
        assertThat(dry.exitCode()).as(dry.errors()).isZero();
        assertThat(dry.out()).contains("invalid_json: would be sent", "2 would be sent");
        assertThat(requests(service, 2)).hasSize(2);
    }

    private static void assertPoisonIsReplayedThreeTimesAtMost(LocalService service) {
        String first = place(byCode(letters(service, 2), "invalid_json"));
        String missing = first.replaceAll(":.*", ":999");
        Run none = run(service, "replay", "--at", missing, "--since", "99999d");
        assertThat(none.exitCode()).isOne();
        assertThat(none.out())
                .isEqualToIgnoringNewLines(
                        missing + ": no dead letter that was asked forNo dead letters.");
        for (int replays = 1; replays <= 3; replays++) {
            assertThat(run(service, "replay", "--at", first))
                    .isEqualTo(new Run(0, "1 sent again%n".formatted(), ""));
            ConsumerRecord<byte[], byte[]> dead = lastPoison(service, 2 + replays);
            assertThat(dead.key()).isEqualTo(ODD_KEY);
            assertThat(dead.value()).isEqualTo(POISON);
            assertThat(header(dead, "odd")).isEqualTo(ODD_HEADER);
            assertThat(text(dead, "ralmspec-replays")).isEqualTo("" + replays);
        }
        Run refused = run(service, "replay", "--code", "invalid_json");
        assertThat(refused.exitCode()).isOne();
        assertThat(refused.out())
                .endsWith("4 not sent: sent again too often already%n".formatted());
        // Two at first, one that was answered, and three times the poison.
        assertThat(requests(service, 6)).hasSize(6);
    }

    @Test
    void wrongWordsAreNamed() {
        assertThat(run("dead-letters").errors()).contains("list or replay");
        assertThat(run("dead-letters", "replay").errors()).contains("replay must have --all, or");
        assertThat(run("dead-letters", "replay", "--all", "--code", "overloaded").errors())
                .contains("not both");
        assertThat(run("dead-letters", "replay", "--all", "--max-replays", "0").errors())
                .contains("--max-replays must be in [1, 1000] (got 0)");
        assertThat(run("dead-letters", "list", "--limit", "0").errors())
                .contains("--limit must be in [1, 1000000] (got 0)");
        assertThat(run("dead-letters", "list", "--code", "tired").errors())
                .contains("--code must be one of answer_too_large, ", "(got tired)");
        assertThat(run("dead-letters", "list", "--at", "5").errors())
                .contains("--at must be partition:offset, such as 0:17 (got 5)");
        assertThat(run("dead-letters", "list", "--since", "monday").errors())
                .contains("--since must be an age", "(got monday)");
    }

    private LocalService start(Map<String, String> more) throws Exception {
        Map<String, String> options = new HashMap<>(ScriptedServing.OPTIONS);
        options.putAll(more);
        options.put("restart-strategy.type", "disable");
        options.put("execution.checkpointing.interval", "300ms");
        return LocalService.start(
                options, directory, 0, Ports.freeOr(0), unused -> new ScriptedServing(SEED));
    }

    /** The next run would read them again, and answer the large one without our doing. */
    private static void awaitCheckpointOf(LocalService service, int requests) {
        try (Admin admin = Admin.create(service.clients().admin())) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(
                            () ->
                                    admin
                                                    .listConsumerGroupOffsets("ralmspec")
                                                    .partitionsToOffsetAndMetadata()
                                                    .get()
                                                    .values()
                                                    .stream()
                                                    .filter(Objects::nonNull)
                                                    .mapToLong(OffsetAndMetadata::offset)
                                                    .sum()
                                            == requests);
        }
    }

    private static List<ConsumerRecord<byte[], byte[]>> letters(LocalService service, int count) {
        List<ConsumerRecord<byte[], byte[]>> letters =
                KafkaRecords.read(
                        service.clients(),
                        service.topics().deadLetters().name(),
                        records -> records.size() >= count);
        assertThat(letters).hasSize(count);
        return letters;
    }

    private static ConsumerRecord<byte[], byte[]> lastPoison(LocalService service, int count) {
        return byCode(letters(service, count).reversed(), "invalid_json");
    }

    /** By time; they are on several partitions. */
    private static List<ConsumerRecord<byte[], byte[]>> requests(LocalService service, int count) {
        return KafkaRecords.read(
                        service.clients(),
                        service.topics().requests().name(),
                        records -> records.size() >= count)
                .stream()
                .sorted(Comparator.comparingLong(ConsumerRecord::timestamp))
                .toList();
    }

    private static int[] answer(LocalService service, String id) {
        return KafkaRecords.read(
                        service.clients(),
                        service.topics().answers().name(),
                        records -> !records.isEmpty())
                .stream()
                .map(record -> AnswerReader.read(record.value()))
                .filter(answer -> answer.id().equals(id))
                .findFirst()
                .orElseThrow()
                .tokens();
    }

    private static ConsumerRecord<byte[], byte[]> byCode(
            List<ConsumerRecord<byte[], byte[]>> letters, String code) {
        return letters.stream()
                .filter(letter -> text(letter, "ralmspec-error-code").equals(code))
                .findFirst()
                .orElseThrow();
    }

    private static String place(ConsumerRecord<byte[], byte[]> letter) {
        return letter.partition() + ":" + letter.offset();
    }

    private static byte[] header(ConsumerRecord<byte[], byte[]> record, String name) {
        return record.headers().lastHeader(name).value();
    }

    private static String text(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(header(record, name), UTF_8);
    }

    private static Run run(LocalService service, String command, String... more) {
        String[] arguments = new String[more.length + 4];
        System.arraycopy(more, 0, arguments, 4, more.length);
        arguments[0] = "dead-letters";
        arguments[1] = command;
        arguments[2] = "--bootstrap-servers";
        arguments[3] = service.bootstrapServers();
        return run(arguments);
    }

    private static Run run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter errors = new StringWriter();
        CommandLine commandLine =
                Ralmspec.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(errors));
        return new Run(commandLine.execute(arguments), out.toString(), errors.toString());
    }
}
