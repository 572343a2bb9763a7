package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.RetrieverKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedServingTest {
    private final ScriptedServing serving = new ScriptedServing(1);

    @AfterEach
    void nothingStaysOpen() {
        assertThat(SharedServing.openServings()).isZero();
    }

    @Test
    void isOpenedOnceAndClosedWithTheLastLease() throws Exception {
        SharedServing.Lease first = SharedServing.acquire(serving, 8);
        SharedServing.Lease second = SharedServing.acquire(serving, 8);
        assertThat(second.modelWorker()).isSameAs(first.modelWorker());
        assertThat(serving.control().opened).hasValue(1);
        first.close();
        first.close();
        assertThat(serving.control().closed).hasValue(0);
        second.close();
        assertThat(serving.control().closed).hasValue(1);
    }

    @Test
    void opensAgainAfterTheLastLease() throws Exception {
        SharedServing.acquire(serving, 8).close();
        SharedServing.acquire(serving, 8).close();
        assertThat(serving.control().opened).hasValue(2);
        assertThat(serving.control().closed).hasValue(2);
    }

    @Test
    void otherKeysAreOtherServings() throws Exception {
        ScriptedServing other = new ScriptedServing(2);
        try (SharedServing.Lease a = SharedServing.acquire(serving, 8);
                SharedServing.Lease b = SharedServing.acquire(other, 8)) {
            assertThat(a.modelWorker()).isNotSameAs(b.modelWorker());
            assertThat(SharedServing.openServings()).isEqualTo(2);
        }
    }

    @Test
    void manyThreadsShareOne() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<SharedServing.Lease>> leases = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                leases.add(threads.submit(() -> SharedServing.acquire(serving, 8)));
            }
            for (Future<SharedServing.Lease> lease : leases) {
                lease.get().close();
            }
        }
        assertThat(serving.control().closed).hasValue(serving.control().opened.get());
    }

    @Test
    void aServingThatDoesNotOpenLeavesNothingBehind() {
        ServingFactory broken =
                new ServingFactory() {
                    @Override
                    public String key() {
                        return "broken";
                    }

                    @Override
                    public Serving open() throws IOException {
                        throw new IOException("tokenizer.json is missing");
                    }
                };
        assertThatThrownBy(() -> SharedServing.acquire(broken, 8))
                .isInstanceOf(IOException.class)
                .hasMessage("tokenizer.json is missing");
    }

    @Test
    void hasAWorkerForEachRetrieverOfTheKnowledgeBase() throws Exception {
        serving.control().missing.add(RetrieverKind.HNSW);
        try (SharedServing.Lease lease = SharedServing.acquire(serving, 8)) {
            assertThat(lease.retrievers(false))
                    .containsExactly(RetrieverKind.EXACT, RetrieverKind.BM25);
            assertThat(lease.verificationWorker(asking(RetrieverKind.BM25))).isNotNull();
            assertThat(lease.verificationWorker(asking(RetrieverKind.HNSW))).isNull();
        }
    }

    private static VerificationRequest asking(RetrieverKind kind) {
        return new VerificationRequest("a", 1, kind, List.of(), 1, false);
    }
}
