package io.ralmspec.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The parts that hold keys and values: what they keep, drop and refuse. */
class KvKeepingTest {
    /** One layer, two heads of three floats: 48 bytes per position. */
    private static final GraphShape SHAPE =
            new GraphShape(
                    List.of("past_key_values.0.key", "past_key_values.0.value"),
                    List.of("present.0.key", "present.0.value"),
                    2,
                    3,
                    false,
                    false,
                    null,
                    false,
                    false);

    private static final class Held implements KvHolder {
        private long bytes;
        private boolean closed;

        Held(long bytes) {
            this.bytes = bytes;
        }

        @Override
        public long bytes() {
            return bytes;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Test
    void theCacheDropsTheLeastRecentlyUsedOnceItIsOverItsBound() {
        KvCache<String, Held> cache = new KvCache<>(100);
        Held a = new Held(40);
        Held b = new Held(40);
        Held c = new Held(30);
        cache.put("a", a);
        cache.put("b", b);
        assertThat(cache.get("a")).isSameAs(a);
        cache.put("c", c);
        cache.trim();
        assertThat(b.closed).isTrue();
        assertThat(cache.get("b")).isNull();
        assertThat(cache.bytes()).isEqualTo(70);
        a.bytes = 500;
        cache.trim();
        assertThat(a.closed).isTrue();
        assertThat(c.closed).isFalse();
        cache.put("c", new Held(1));
        assertThat(c.closed).isTrue();
        cache.close();
        assertThat(cache.size()).isZero();
    }

    @Test
    void memoryThatWasGivenBackIsLentAgain() {
        KvMemoryPool pool = new KvMemoryPool(SHAPE, 64 * 48 * 2);
        KvMemory first = pool.lend(64);
        KvMemory second = pool.lend(64);
        assertThat(pool.lentBytes()).isEqualTo(2 * 64 * 48);
        pool.giveBack(first);
        assertThat(pool.freeBytes()).isEqualTo(64 * 48);
        assertThat(pool.lend(64)).isSameAs(first);
        pool.giveBack(first);
        // 128 positions would not fit beside what is free: that is let go.
        KvMemory larger = pool.lend(128);
        assertThat(larger.capacity()).isEqualTo(128);
        assertThat(pool.freeBytes()).isZero();
        pool.giveBack(larger);
        pool.giveBack(second);
        assertThat(pool.lentBytes()).isZero();
        assertThat(pool.freeBytes()).isLessThanOrEqualTo(2 * 64 * 48);
    }

    @Test
    void memoryIsCopiedHeadByHead() {
        KvMemory small = new KvMemory(SHAPE, 4);
        KvMemory large = new KvMemory(SHAPE, 9);
        for (int i = 0; i < 2 * 4 * 3; i++) {
            small.buffer(1).put(i, i + 1);
        }
        large.copyFrom(small, 2);
        for (int d = 0; d < 2 * 3; d++) {
            assertThat(large.buffer(1).get(d)).isEqualTo(d + 1);
            assertThat(large.buffer(1).get(9 * 3 + d)).isEqualTo(4 * 3 + d + 1);
        }
        assertThat(large.buffer(1).get(2 * 3)).isZero();
        assertThat(large.buffer(0).get(0)).isZero();
        assertThat(large.bytes()).isEqualTo(9 * 48);
    }

    @Test
    void aClosedTensorIsRefusedInsteadOfEndingTheJvm() throws Exception {
        Activity activity = new Activity();
        TensorHandle handle =
                new TensorHandle(
                        OnnxTensor.createTensor(
                                OrtEnvironment.getEnvironment(), new float[] {1, 2}),
                        activity);
        assertThat(handle.tensor()).isNotNull();
        handle.close();
        handle.close();
        assertThatThrownBy(handle::tensor)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("after they were closed");
        assertThat(activity.counters().handlesOpened()).isEqualTo(1);
        assertThat(activity.counters().handlesClosed()).isEqualTo(1);
    }

    @Test
    void theLastHolderOfASnapshotClosesIt() throws Exception {
        Activity activity = new Activity();
        TensorHandle handle =
                new TensorHandle(
                        OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), new float[] {1}),
                        activity);
        KvSnapshot snapshot = new KvSnapshot(1, List.of(handle));
        snapshot.hold();
        snapshot.letGo();
        assertThat(activity.counters().handlesOpen()).isEqualTo(1);
        snapshot.letGo();
        assertThat(activity.counters().handlesOpen()).isZero();
        assertThatThrownBy(snapshot::hold).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(snapshot::letGo).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void optionsHaveBounds() {
        assertThatThrownBy(() -> new ModelOptions(0, 0, 0, 0, Device.CPU, 1))
                .hasMessageContaining("`intra_op_threads` must be >= 1 (got 0)");
        assertThatThrownBy(() -> new ModelOptions(1, 0, -1, 0, Device.CPU, 1))
                .hasMessageContaining("`document_kv_bytes` must be >= 0 (got -1)");
        assertThatThrownBy(() -> Device.of("gpu"))
                .hasMessageContaining("`device` must be cpu, cuda or auto (got gpu)");
        assertThat(Device.of("auto")).isEqualTo(Device.AUTO);
    }
}
