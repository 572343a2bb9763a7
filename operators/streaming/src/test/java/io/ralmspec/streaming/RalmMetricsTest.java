package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.Meter;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.Test;

class RalmMetricsTest {
    private final Recorder recorder = new Recorder();

    @Test
    void theHeadRegistersAllOfItsMetricsAndNoOthers() {
        new SessionMetrics(recorder, new AdmissionQueue(1, 1), new RunningEstimates());
        assertThat(recorder.group).isEqualTo("ralmspec");
        assertRegistered(OperatorUids.SPECULATIVE_RETRIEVAL);
    }

    @Test
    void verificationRegistersAllOfItsMetricsAndNoOthers() {
        new RalmMetrics(recorder, OperatorUids.VERIFICATION, Map.of());
        assertRegistered(OperatorUids.VERIFICATION);
    }

    @Test
    void everyMetricHasAUniqueNameAUnitAndADescription() {
        List<MetricName> names = List.of(MetricName.values());
        assertThat(names).extracting(MetricName::key).doesNotHaveDuplicates();
        assertThat(names)
                .allSatisfy(
                        name -> {
                            assertThat(name.key()).matches("[a-z][A-Za-z]+");
                            assertThat(name.unit()).isNotBlank();
                            assertThat(name.description()).isNotBlank().doesNotEndWith(".");
                        });
    }

    @Test
    void countsAndRecords() {
        RalmMetrics metrics = new RalmMetrics(recorder, OperatorUids.VERIFICATION, Map.of());
        metrics.count(MetricName.VERIFICATION_FAILURES);
        metrics.count(MetricName.VERIFICATION_FAILURES, 2);
        metrics.count(MetricName.VERIFICATIONS_PER_SECOND, 5);
        metrics.recordSeconds(MetricName.SEARCH_MICROSECONDS, 0.25);
        assertThat(((Counter) recorder.metrics.get("verificationFailures")).getCount())
                .isEqualTo(3);
        assertThat(((Meter) recorder.metrics.get("verificationsPerSecond")).getCount())
                .isEqualTo(5);
        assertThat(
                        ((Histogram) recorder.metrics.get("searchMicroseconds"))
                                .getStatistics()
                                .getMax())
                .isEqualTo(250_000);
    }

    @Test
    void aMetricOfAnotherOperatorOrTypeIsRefused() {
        RalmMetrics metrics = new RalmMetrics(recorder, OperatorUids.VERIFICATION, Map.of());
        assertThatThrownBy(() -> metrics.count(MetricName.ROLLBACKS))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> metrics.record(MetricName.VERIFICATION_FAILURES, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void gaugesMustBeComplete() {
        Map<MetricName, Supplier<? extends Number>> gauges = Map.of(MetricName.PARKED, () -> 1);
        assertThatThrownBy(() -> new RalmMetrics(recorder, OperatorUids.VERIFICATION, gauges))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(
                        () ->
                                new RalmMetrics(
                                        new Recorder(), OperatorUids.SPECULATIVE_RETRIEVAL, gauges))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private void assertRegistered(OperatorUids operator) {
        Map<String, MetricName.Type> expected = new HashMap<>();
        Arrays.stream(MetricName.values())
                .filter(name -> name.operator() == operator)
                .forEach(name -> expected.put(name.key(), name.type()));
        Map<String, MetricName.Type> registered = new HashMap<>();
        recorder.metrics.forEach((key, metric) -> registered.put(key, type(metric)));
        assertThat(registered).isEqualTo(expected);
    }

    private static MetricName.Type type(Metric metric) {
        return switch (metric.getMetricType()) {
            case COUNTER -> MetricName.Type.COUNTER;
            case METER -> MetricName.Type.METER;
            case GAUGE -> MetricName.Type.GAUGE;
            case HISTOGRAM -> MetricName.Type.HISTOGRAM;
        };
    }

    /** Remembers what is registered in the one group below it. */
    private static final class Recorder extends UnregisteredMetricsGroup {
        final Map<String, Metric> metrics = new HashMap<>();
        String group = "";

        @Override
        public MetricGroup addGroup(String name) {
            group = name;
            return this;
        }

        @Override
        public <C extends Counter> C counter(String name, C counter) {
            metrics.put(name, counter);
            return counter;
        }

        @Override
        public <T, G extends Gauge<T>> G gauge(String name, G gauge) {
            metrics.put(name, gauge);
            return gauge;
        }

        @Override
        public <M extends Meter> M meter(String name, M meter) {
            metrics.put(name, meter);
            return meter;
        }

        @Override
        public <H extends Histogram> H histogram(String name, H histogram) {
            metrics.put(name, histogram);
            return histogram;
        }
    }
}
