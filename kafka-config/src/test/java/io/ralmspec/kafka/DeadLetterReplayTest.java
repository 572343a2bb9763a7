package io.ralmspec.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.Submission;
import io.ralmspec.kafka.DeadLetterQuery.Position;
import io.ralmspec.kafka.DeadLetterReplay.Outcome;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class DeadLetterReplayTest {
    private static final long TIME = 1_767_225_600_000L;
    private static final byte[] KEY = {0, (byte) 0xFF};
    private static final byte[] VALUE = {'{', (byte) 0xC0};

    private final MockProducer<byte[], byte[]> producer =
            new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());

    @Test
    void sendsTheOriginalAndCounts() {
        Map<String, byte[]> headers = new LinkedHashMap<>();
        headers.put("traceparent", "00-a".getBytes(UTF_8));
        headers.put("odd", new byte[] {0});
        StoredDeadLetter letter = stored(died(TestRecords.origin(KEY, VALUE, headers)));

        assertThat(letter.origin()).isEqualTo("ralm.requests-3@1042");
        assertThat(letter.code()).isEqualTo("invalid_json");
        assertThat(letter.time()).isEqualTo(Instant.ofEpochMilli(TIME));
        assertThat(letter.valueBytes()).isEqualTo(2);
        assertThat(letter.replays()).isZero();
        DeadLetterReplay replay = replay(3, false);
        assertThat(replay.replay(letter)).isEqualTo(Outcome.SENT);

        ProducerRecord<byte[], byte[]> sent = producer.history().getFirst();
        assertThat(sent.topic()).isEqualTo("in");
        assertThat(sent.key()).isEqualTo(KEY);
        assertThat(sent.value()).isEqualTo(VALUE);
        assertThat(sent.timestamp()).as("its own time is over").isNull();
        headers.put("ralmspec-replays", "1".getBytes(UTF_8));
        assertThat(sent.headers().toArray())
                .extracting(header -> header.key())
                .containsExactlyElementsOf(headers.keySet());
        headers.forEach(
                (name, value) ->
                        assertThat(sent.headers().lastHeader(name).value()).isEqualTo(value));
        assertThat(replay.counts()).isEqualTo(Map.of(Outcome.SENT, 1));
    }

    @Test
    void noRecordIsSentMoreOftenThanTheBoundHoweverItDies() {
        Origin origin = TestRecords.origin(KEY, TestRecords.request("").getBytes(UTF_8), Map.of());
        List<StoredDeadLetter> letters = new ArrayList<>();
        for (int sent = 0; sent <= 3; sent++) {
            // As the job does with a request whose id is taken.
            Submission submission = TestRecords.accepted(TestRecords.PARSER.parse(origin));
            OutputRecord dead =
                    serialize(
                            submission.origin(), new RequestError(ErrorCode.DUPLICATE_ID, "", "m"));
            JsonSchemas.DEAD_LETTER_HEADERS.check(TestRecords.headers(dead));
            letters.add(stored(dead));
            assertThat(letters.getLast().replays()).isEqualTo(sent);
            // A new run over all of them, the first death before the others.
            DeadLetterReplay replay = replay(3, false);
            letters.forEach(replay::note);
            letters.forEach(replay::replay);
            assertThat(replay.counts()).isEqualTo(expectedCounts(sent));
            origin = origin(producer.history().getLast());
        }
        assertThat(producer.history()).hasSize(3);
    }

    /** Of the run with this number, from 0. */
    private static Map<Outcome, Integer> expectedCounts(int run) {
        return switch (run) {
            case 0 -> Map.of(Outcome.SENT, 1);
            case 3 -> Map.of(Outcome.REPLAYED_TOO_OFTEN, 4);
            default -> Map.of(Outcome.SENT, 1, Outcome.SAME, run);
        };
    }

    @Test
    void onlyTheSameKeyAndValueAreTheSameRecord() {
        DeadLetterReplay replay = replay(3, false);
        byte[] none = {};
        List<Origin> different =
                List.of(
                        TestRecords.origin(KEY, VALUE, Map.of()),
                        TestRecords.origin(VALUE, KEY, Map.of()),
                        TestRecords.origin(null, VALUE, Map.of()),
                        TestRecords.origin(none, VALUE, Map.of()),
                        TestRecords.origin(KEY, null, Map.of()),
                        TestRecords.origin(KEY, none, Map.of()));
        different.forEach(
                origin -> assertThat(replay.replay(stored(died(origin)))).isEqualTo(Outcome.SENT));
        Map<String, byte[]> headers = Map.of("traceparent", KEY);
        assertThat(replay.replay(stored(died(TestRecords.origin(KEY, VALUE, headers)))))
                .isEqualTo(Outcome.SAME);
        assertThat(producer.history()).hasSize(different.size());
    }

    @Test
    void answersDoNotHaveTheCount() {
        Origin origin =
                TestRecords.origin(null, VALUE, Map.of("ralmspec-replays", "2".getBytes(UTF_8)));

        assertThat(HeaderList.ofReply(origin).names()).doesNotContain("ralmspec-replays");
    }

    @Test
    void aCountThatIsNoneIsNotTaken() {
        for (String forged : List.of("", "-1", "x", "0", "10000", "1e3", "99999999999")) {
            Origin origin =
                    TestRecords.origin(
                            null, VALUE, Map.of("ralmspec-replays", forged.getBytes(UTF_8)));
            OutputRecord dead = died(origin);

            assertThat(TestRecords.headers(dead)).doesNotContainKey("ralmspec-replays");
            assertThat(stored(dead).replays()).isZero();
        }
    }

    @Test
    void aDryRunSendsNothing() {
        assertThat(replay(1, true).replay(stored(died(TestRecords.origin(KEY, VALUE, Map.of())))))
                .isEqualTo(Outcome.SENT);
        assertThat(producer.history()).isEmpty();
    }

    @Test
    void whatCannotBeSentIsNamed() {
        DeadLetterReplay replay = replay(3, false);
        byte[] large = new byte[DeadLetterSerializer.DEFAULT_MAX_RECORD_BYTES];
        StoredDeadLetter cut = stored(died(TestRecords.origin(KEY, large, Map.of())));
        assertThat(cut.valueBytes()).isEqualTo(large.length);
        assertThat(replay.replay(cut)).isEqualTo(Outcome.CUT);
        assertThatThrownBy(() -> cut.again(1)).hasMessageContaining("must be whole");

        StoredDeadLetter foreign = stored(new OutputRecord(KEY, VALUE, List.of(), List.of()));
        assertThat(foreign.origin()).isEqualTo("--1@-1");
        assertThat(replay.replay(foreign)).isEqualTo(Outcome.FOREIGN);
        assertThat(producer.history()).isEmpty();
    }

    @Test
    void aRecordThatTheTopicDoesNotTakeStopsNoOther() {
        var later =
                new MockProducer<>(
                        false, null, new ByteArraySerializer(), new ByteArraySerializer());
        DeadLetterReplay replay = new DeadLetterReplay(later, "in", 3, false);
        StoredDeadLetter letter = stored(died(TestRecords.origin(KEY, VALUE, Map.of())));

        assertThat(sendAndFail(later, replay, letter, new RecordTooLargeException("m")))
                .isEqualTo(Outcome.TOO_LARGE);
        assertThatThrownBy(() -> sendAndFail(later, replay, letter, new TimeoutException("m")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("dead letter 2:17 could not be sent to topic in; those before it were");
    }

    @Test
    void aQuerySelectsByCodePlaceAndTime() {
        StoredDeadLetter letter = stored(died(TestRecords.origin(KEY, VALUE, Map.of())));
        Instant time = Instant.ofEpochMilli(TIME);

        assertThat(DeadLetterQuery.ALL.selects(letter)).isTrue();
        assertThat(query("invalid_json", 2, 17, time).selects(letter)).isTrue();
        assertThat(query("overloaded", 2, 17, time).selects(letter)).isFalse();
        assertThat(query("invalid_json", 1, 17, time).selects(letter)).isFalse();
        assertThat(query("invalid_json", 2, 18, time).selects(letter)).isFalse();
        assertThat(query("invalid_json", 2, 17, time.plusMillis(1)).selects(letter)).isFalse();
        DeadLetterQuery places =
                new DeadLetterQuery(
                        Set.of(),
                        new TreeSet<>(Set.of(new Position(2, 17), new Position(2, 5))),
                        null);
        assertThat(places.mayBeIn(2)).isTrue();
        assertThat(places.mayBeIn(1)).isFalse();
        assertThat(places.from(2)).isEqualTo(5);
        assertThat(places.to(2)).isEqualTo(18);
        assertThat(DeadLetterQuery.ALL.to(2)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void whatIsShownFitsATerminal() {
        OutputRecord forged =
                new OutputRecord(
                        null,
                        "a\u001b[2Jé".getBytes(UTF_8),
                        List.of("ralmspec-error-code", "ralmspec-error-message"),
                        List.of("\u001bc".getBytes(UTF_8), "m\n".repeat(9000).getBytes(UTF_8)));
        StoredDeadLetter letter = stored(forged);

        assertThat(letter.isOurs()).isFalse();
        assertThat(letter.code()).isEqualTo("\\u001bc");
        assertThat(letter.message()).startsWith("m\\u000am").hasSizeLessThan(4000);
        assertThat(letter.preview(100)).isEqualTo("a\\u001b[2Jé");
        assertThat(letter.preview(3)).isEqualTo("a\\u001b[");
    }

    private static Outcome sendAndFail(
            MockProducer<byte[], byte[]> later,
            DeadLetterReplay replay,
            StoredDeadLetter letter,
            RuntimeException failure) {
        Thread kafka =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    while (!Thread.currentThread().isInterrupted()
                                            && !later.errorNext(failure)) {
                                        Thread.onSpinWait();
                                    }
                                });
        try {
            return replay.replay(letter);
        } finally {
            kafka.interrupt();
            try {
                kafka.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static DeadLetterQuery query(String code, int partition, long offset, Instant since) {
        return new DeadLetterQuery(
                Set.of(code), new TreeSet<>(Set.of(new Position(partition, offset))), since);
    }

    private DeadLetterReplay replay(int maxReplays, boolean dry) {
        return new DeadLetterReplay(producer, "in", maxReplays, dry);
    }

    private static OutputRecord died(Origin origin) {
        return serialize(origin, new RequestError(ErrorCode.INVALID_JSON, "", "m"));
    }

    private static OutputRecord serialize(Origin origin, RequestError error) {
        return new DeadLetterSerializer().serialize(new DeadLetter(origin, error));
    }

    private static StoredDeadLetter stored(OutputRecord record) {
        return TestRecords.stored(record);
    }

    private static Origin origin(ProducerRecord<byte[], byte[]> record) {
        return Origins.of(TestRecords.consumed(record));
    }
}
