package io.ralmspec.streaming;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MeterView;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.ThreadSafeSimpleCounter;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/**
 * The metrics of one operator: registers every {@link MetricName} of it, once. Counters, meters and
 * histograms may be updated by any thread.
 */
final class RalmMetrics {
    private static final int METER_SECONDS = 10;
    private static final int HISTOGRAM_VALUES = 1024;
    private static final double MICROS_PER_SECOND = 1e6;

    private final MetricGroup group;
    private final Map<MetricName, Counter> counters = new EnumMap<>(MetricName.class);
    private final Map<MetricName, Histogram> histograms = new EnumMap<>(MetricName.class);

    /**
     * @param gauges the values of the operator's gauges, one for each
     * @throws IllegalArgumentException if a gauge has no value, or a value no gauge
     */
    RalmMetrics(
            MetricGroup operatorGroup,
            OperatorUids operator,
            Map<MetricName, Supplier<? extends Number>> gauges) {
        group = operatorGroup.addGroup(MetricName.GROUP);
        int registered = 0;
        for (MetricName name : MetricName.values()) {
            if (name.operator() == operator) {
                register(name, gauges);
                registered += name.type() == MetricName.Type.GAUGE ? 1 : 0;
            }
        }
        if (registered != gauges.size()) {
            throw new IllegalArgumentException(
                    "gauges of %s must be %d (got %s)"
                            .formatted(operator, registered, gauges.keySet()));
        }
    }

    private void register(MetricName name, Map<MetricName, Supplier<? extends Number>> gauges) {
        switch (name.type()) {
            case COUNTER ->
                    counters.put(name, group.counter(name.key(), new ThreadSafeSimpleCounter()));
            case METER -> {
                Counter counter = new ThreadSafeSimpleCounter();
                group.meter(name.key(), new MeterView(counter, METER_SECONDS));
                counters.put(name, counter);
            }
            case HISTOGRAM ->
                    histograms.put(
                            name,
                            group.histogram(
                                    name.key(),
                                    new DescriptiveStatisticsHistogram(HISTOGRAM_VALUES)));
            case GAUGE -> {
                Supplier<? extends Number> value = gauges.get(name);
                if (value == null) {
                    throw new IllegalArgumentException("gauge " + name + " must have a value");
                }
                Gauge<Number> gauge = value::get;
                group.gauge(name.key(), gauge);
            }
        }
    }

    void count(MetricName name) {
        count(name, 1);
    }

    /** Adds to a counter or marks a meter. */
    void count(MetricName name, long n) {
        Counter counter = counters.get(name);
        if (counter == null) {
            throw new IllegalArgumentException(name + " is no counter or meter of this operator");
        }
        counter.inc(n);
    }

    /** Adds a value to a histogram. */
    void record(MetricName name, long value) {
        Histogram histogram = histograms.get(name);
        if (histogram == null) {
            throw new IllegalArgumentException(name + " is no histogram of this operator");
        }
        histogram.update(value);
    }

    /** Adds a duration to a histogram of microseconds. */
    void recordSeconds(MetricName name, double seconds) {
        record(name, Math.round(seconds * MICROS_PER_SECOND));
    }
}
