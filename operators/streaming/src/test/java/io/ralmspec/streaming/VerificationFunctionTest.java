package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.ScriptedEncoder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.datastream.AsyncDataStream;
import org.apache.flink.streaming.api.operators.async.AsyncWaitOperatorFactory;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VerificationFunctionTest {
    private static final long TIMEOUT_MILLIS = 1_000;

    private final ScriptedServing serving = new ScriptedServing(7);

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void whatTimesOutWhileItWaitsIsNeverSearched(int attempts) throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        serving.control().beforeSearch =
                queries -> {
                    if (queries.getFirst().text().equals("slow")) {
                        gate.await();
                    }
                };
        try (var flink = harness(attempts)) {
            try {
                flink.setProcessingTime(0);
                flink.open();
                flink.processElement(record("slow"));
                await().until(() -> !serving.control().batches.isEmpty());
                flink.processElement(record("waits"));
                flink.setProcessingTime(TIMEOUT_MILLIS + 1);
                awaitResults(flink, 2);
                assertThat(flink.extractOutputValues()).allMatch(VerificationResult::failed);
            } finally {
                gate.countDown();
            }
            flink.processElement(record("next"));
            awaitResults(flink, 3);
            assertThat(flink.extractOutputValues().getLast().failed()).isFalse();
        }
        assertThat(serving.control().batches).as("queries of each search").containsExactly(1, 1);
    }

    @Test
    void aFailedSearchIsTriedAgainUntilItSucceeds() throws Exception {
        AtomicInteger left = new AtomicInteger(2);
        serving.control().beforeSearch = queries -> failWhile(left.getAndDecrement() > 0);
        try (var flink = harness(3)) {
            flink.open();
            flink.processElement(record("fails twice"));
            awaitResults(flink, 1);
            assertThat(flink.extractOutputValues().getFirst().failed()).isFalse();
        }
        assertThat(left).hasValue(-1);
    }

    @Test
    void whatTimesOutInThePauseIsNotTriedAgain() throws Exception {
        AtomicInteger searches = new AtomicInteger();
        serving.control().beforeSearch = queries -> failWhile(searches.incrementAndGet() > 0);
        try (var flink = harness(100)) {
            flink.setProcessingTime(0);
            flink.open();
            flink.processElement(record("fails"));
            await().until(() -> searches.get() > 1);
            flink.setProcessingTime(TIMEOUT_MILLIS + 1);
            awaitResults(flink, 1);
            // One may have been under way.
            int atMost = searches.get() + 1;
            Thread.sleep(200);
            assertThat(searches).hasValueLessThanOrEqualTo(atMost);
        }
    }

    /** A task that stops runs the mail it has, and takes no more. */
    @Test
    void aResultThatIsInTheMailboxWhenTheTaskStopsDoesNotFailIt() throws Exception {
        try (var flink = harness(3)) {
            flink.open();
            flink.processElement(record("found"));
            await().pollInSameThread().until(() -> flink.getTaskMailbox().hasMail());
            flink.getTaskMailbox().quiesce();
            for (Mail mail : flink.getTaskMailbox().drain()) {
                mail.run();
            }
            assertThat(flink.extractOutputValues()).hasSize(1);
        }
    }

    private static void failWhile(boolean broken) {
        if (broken) {
            throw new IllegalStateException("on purpose");
        }
    }

    private OneInputStreamOperatorTestHarness<VerificationRequest, VerificationResult> harness(
            int attempts) throws Exception {
        OperatorOptions options = Options.verification(Duration.ofMillis(TIMEOUT_MILLIS), attempts);
        VerificationFunction function = new VerificationFunction(serving, options);
        var mode = AsyncDataStream.OutputMode.UNORDERED;
        return new OneInputStreamOperatorTestHarness<>(
                new AsyncWaitOperatorFactory<>(function, TIMEOUT_MILLIS, 10, mode),
                TypeInformation.of(VerificationRequest.class)
                        .createSerializer(new SerializerConfigImpl()));
    }

    private static void awaitResults(
            OneInputStreamOperatorTestHarness<VerificationRequest, VerificationResult> flink,
            int count)
            throws Exception {
        long end = System.nanoTime() + 20_000_000_000L;
        while (flink.getOutput().size() < count && System.nanoTime() < end) {
            for (Mail mail : flink.getTaskMailbox().drain()) {
                mail.run();
            }
            Thread.sleep(1);
        }
        assertThat(flink.getOutput()).hasSize(count);
    }

    private static StreamRecord<VerificationRequest> record(String query) {
        Query asked = new Query(query, new float[new ScriptedEncoder().dimension()]);
        return new StreamRecord<>(
                new VerificationRequest(query, 1, RetrieverKind.EXACT, List.of(asked), 1, false));
    }
}
