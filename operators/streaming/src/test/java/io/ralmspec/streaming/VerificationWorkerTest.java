package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.RetrieverKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VerificationWorkerTest {
    private static final int MAX_BATCH = 6;

    private record Ran(int queries, int topN) {}

    private record Completion(VerificationResult result, int batchQueries) {}

    private final GatedRetriever retriever = new GatedRetriever();
    private final VerificationWorker worker = new VerificationWorker("test", retriever, MAX_BATCH);
    private final Map<String, Completion> completions = new ConcurrentHashMap<>();

    @AfterEach
    void stop() {
        retriever.gate.countDown();
        worker.close();
    }

    @Test
    void searchesAtOnceWhenAlone() {
        submit("a", 3, 5, "x", "y");
        await().until(() -> completions.containsKey("a"));
        assertThat(retriever.searches).containsExactly(new Ran(2, 5));
        assertHits("a", 3, 5, "x", "y");
    }

    @Test
    void whatWaitsTogetherIsOneSearchCutForEachRequest() {
        holdTheWorker();
        submit("a", 1, 1, "x");
        submit("b", 2, 4, "y", "z");
        submit("c", 3, 2, "x", "w", "v");
        retriever.gate.countDown();
        await().until(() -> completions.size() == 4);
        assertThat(retriever.searches).containsExactly(new Ran(1, 1), new Ran(6, 4));
        assertHits("a", 1, 1, "x");
        assertHits("b", 2, 4, "y", "z");
        assertHits("c", 3, 2, "x", "w", "v");
        assertThat(completions.get("b").batchQueries()).isEqualTo(6);
    }

    @Test
    void whereTheCountMattersOnlyQueriesOfOneCountAreSearchedTogether() {
        retriever.anyCount = false;
        holdTheWorker();
        submit("a", 0, 4, "x");
        submit("b", 0, 4, "y");
        submit("c", 0, 2, "z");
        submit("d", 0, 4, "w");
        retriever.gate.countDown();
        await().until(() -> completions.size() == 5);
        assertThat(retriever.searches)
                .containsExactly(new Ran(1, 1), new Ran(2, 4), new Ran(1, 2), new Ran(1, 4));
    }

    @Test
    void aBatchIsBoundedInQueriesAndALargerRequestGoesAlone() {
        holdTheWorker();
        submit("a", 0, 1, "1", "2", "3", "4");
        submit("b", 0, 1, "1", "2", "3");
        submit("c", 0, 1, "1", "2", "3", "4", "5", "6", "7", "8");
        submit("d", 0, 1, "1");
        retriever.gate.countDown();
        await().until(() -> completions.size() == 5);
        assertThat(retriever.searches).extracting(Ran::queries).containsExactly(1, 4, 3, 8, 1);
    }

    @Test
    void aQueryThatFailsHarmsNoOtherOfItsBatch() {
        holdTheWorker();
        submit("a", 1, 2, "x");
        submit("bad", 7, 2, "fails");
        submit("b", 2, 2, "y");
        retriever.gate.countDown();
        await().until(() -> completions.size() == 4);
        assertHits("a", 1, 2, "x");
        assertHits("b", 2, 2, "y");
        VerificationResult failed = completions.get("bad").result();
        assertThat(failed.failed()).isTrue();
        assertThat(failed.epoch()).isEqualTo(7);
        assertThat(failed.error().code()).isEqualTo(ErrorCode.RETRIEVAL_FAILED);
        assertThat(failed.error().message()).contains("StackOverflowError").contains("bad");
    }

    @Test
    void aWrongNumberOfAnswersIsAFailure() {
        submit("a", 1, 2, "short");
        await().until(() -> completions.containsKey("a"));
        assertThat(completions.get("a").result().failed()).isTrue();
    }

    @Test
    void secondsIncludeTheWait() throws InterruptedException {
        holdTheWorker();
        submit("a", 1, 2, "x");
        Thread.sleep(60);
        retriever.gate.countDown();
        await().until(() -> completions.containsKey("a"));
        assertThat(completions.get("a").result().seconds()).isBetween(0.06, 10.0);
    }

    @Test
    void anAbandonedRequestIsNotSearched() {
        holdTheWorker();
        VerificationRequest abandoned = submit("a", 1, 2, "x");
        submit("a-again", 1, 2, "x");
        submit("b", 2, 2, "y");
        assertThat(worker.abandon(abandoned)).isTrue();
        assertThat(worker.abandon(abandoned)).as("it does not wait any more").isFalse();
        retriever.gate.countDown();
        await().until(() -> completions.size() == 3);
        assertThat(retriever.searches).containsExactly(new Ran(1, 1), new Ran(2, 2));
        assertThat(completions).containsOnlyKeys("blocker", "a-again", "b");
    }

    @Test
    void whatIsSubmittedForLaterComesWhenItIsDueAndInThatOrder() {
        long start = System.nanoTime();
        List<String> order = new CopyOnWriteArrayList<>();
        submitAfter(120, "b", order);
        submitAfter(60, "a", order);
        VerificationRequest abandoned = submitAfter(90, "unwanted", order);
        submitAfter(0, "now", order);
        assertThat(worker.abandon(abandoned)).isTrue();
        await().until(() -> order.contains("b"));
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isGreaterThanOrEqualTo(Duration.ofMillis(120));
        assertThat(order).containsExactly("now", "a", "b");
    }

    private VerificationRequest submitAfter(long millis, String id, List<String> order) {
        VerificationRequest request =
                new VerificationRequest(
                        id,
                        1,
                        RetrieverKind.EXACT,
                        List.of(new Query("x", new float[0])),
                        1,
                        false);
        worker.submitAfter(Duration.ofMillis(millis), request, (result, batch) -> order.add(id));
        return request;
    }

    @Test
    void closingDropsWhatWaits() throws InterruptedException {
        holdTheWorker();
        submit("a", 1, 2, "x");
        Thread closer = Thread.ofPlatform().start(worker::close);
        await().until(() -> closer.getState() == Thread.State.TIMED_WAITING);
        retriever.gate.countDown();
        closer.join();
        assertThat(retriever.searches).hasSize(1);
        assertThat(completions).doesNotContainKey("a");
    }

    private void holdTheWorker() {
        submit("blocker", 0, 1, "blocks");
        await().until(() -> retriever.searches.size() == 1);
    }

    private VerificationRequest submit(String id, int epoch, int topN, String... queries) {
        List<Query> list = new ArrayList<>();
        for (String query : queries) {
            list.add(new Query(query, new float[0]));
        }
        VerificationRequest request =
                new VerificationRequest(id, epoch, RetrieverKind.BM25, list, topN, false);
        worker.submit(
                request, (result, batch) -> completions.put(id, new Completion(result, batch)));
        return request;
    }

    private void assertHits(String id, int epoch, int topN, String... queries) {
        VerificationResult result = completions.get(id).result();
        assertThat(result.requestId()).isEqualTo(id);
        assertThat(result.epoch()).isEqualTo(epoch);
        assertThat(result.error()).isNull();
        assertThat(result.hits()).hasSameSizeAs(queries);
        for (int i = 0; i < queries.length; i++) {
            assertThat(result.hits().get(i))
                    .usingRecursiveComparison()
                    .isEqualTo(GatedRetriever.hits(queries[i], topN));
        }
    }

    /** Waits in the query "blocks" until the gate opens; its hits depend on the query's text. */
    private static final class GatedRetriever implements Search {
        volatile boolean anyCount = true;
        final CountDownLatch gate = new CountDownLatch(1);
        final List<Ran> searches = new CopyOnWriteArrayList<>();

        static Hits hits(String query, int topN) {
            int first = Math.floorMod(query.hashCode(), 1000);
            int[] documents = IntStream.range(first, first + topN).toArray();
            float[] scores = new float[topN];
            for (int i = 0; i < topN; i++) {
                scores[i] = -i;
            }
            return new Hits(documents, scores);
        }

        @Override
        public boolean anyCount() {
            return anyCount;
        }

        @Override
        public List<Hits> search(List<Query> queries, int topN) {
            searches.add(new Ran(queries.size(), topN));
            List<Hits> all = new ArrayList<>();
            for (Query query : queries) {
                if (query.text().equals("blocks")) {
                    awaitGate();
                } else if (query.text().equals("fails")) {
                    throw new StackOverflowError("on purpose");
                }
                if (!query.text().equals("short")) {
                    all.add(hits(query.text(), topN));
                }
            }
            return all;
        }

        private void awaitGate() {
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
