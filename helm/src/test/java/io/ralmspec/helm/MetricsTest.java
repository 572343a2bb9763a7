package io.ralmspec.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ralmspec.streaming.MetricName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Dashboard and alerts ask for metrics that the job has, in a way that fits their type. */
class MetricsTest {
    private static final String OURS =
            "flink_taskmanager_job_task_operator_" + MetricName.GROUP + "_";
    private static final Pattern NAME = Pattern.compile("flink_[a-zA-Z0-9_]+");
    private static final Pattern RATED =
            Pattern.compile("(?:rate|increase)\\((flink_[a-zA-Z0-9_]+)");
    private static final Pattern QUANTILE =
            Pattern.compile("(flink_[a-zA-Z0-9_]+)\\{[^}]*quantile=\"([0-9.]+)\"");

    /** What Flink's Prometheus reporter gives of a histogram. */
    private static final Set<String> QUANTILES =
            Set.of("0.5", "0.75", "0.95", "0.98", "0.99", "0.999");

    private static final Map<String, MetricName> METRICS = new HashMap<>();

    static {
        for (MetricName each : MetricName.values()) {
            METRICS.put(OURS + each.key(), each);
        }
    }

    @Test
    void theDashboardShowsMetricsThatExist() {
        List<String> expressions = dashboard().findValuesAsText("expr");

        assertThat(expressions).hasSizeGreaterThan(30);
        check(expressions);
    }

    @Test
    void alertsWatchMetricsThatExist() {
        List<String> expressions = alerts().findValuesAsText("expr");

        assertThat(expressions).hasSizeGreaterThanOrEqualTo(10);
        check(expressions);
    }

    @Test
    void thresholdsComeFromTheValues() {
        JsonNode alerts =
                Chart.production(
                                "metrics: {alerts: {waitingRequests: 2000000, errorFraction: 0.25,"
                                        + " checkpointAge: 7m}}")
                        .get("PrometheusRule", "ralmspec");

        assertThat(alerts.findValuesAsText("expr"))
                .anyMatch(each -> each.endsWith("> 2000000"))
                .anyMatch(each -> each.endsWith("> 0.25"))
                .anyMatch(each -> each.contains("[7m]"));
    }

    @Test
    void alertsSelectTheReleasesPods() {
        assertThat(alerts().findValuesAsText("expr"))
                .allMatch(each -> each.contains("{namespace=\"models\",pod=~\"ralmspec-.*\""));
    }

    @Test
    void prometheusFindsThePort() {
        Manifests manifests = Chart.production();
        JsonNode endpoint =
                manifests.get("PodMonitor", "ralmspec").at("/spec/podMetricsEndpoints/0");

        for (String component : List.of("jobManager", "taskManager")) {
            JsonNode port = manifests.pod(component).at("/spec/containers/0/ports/0");
            assertThat(port.path("name")).isEqualTo(endpoint.path("port"));
            assertThat(port.path("containerPort").asText())
                    .isEqualTo(manifests.flinkConfiguration().get("metrics.reporter.prom.port"));
        }
    }

    private static JsonNode dashboard() {
        String json =
                Chart.production()
                        .get("ConfigMap", "ralmspec-dashboard")
                        .at("/data/ralmspec.json")
                        .asText();
        try {
            return Chart.YAML.readTree(json);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static JsonNode alerts() {
        return Chart.production().get("PrometheusRule", "ralmspec");
    }

    private static void check(List<String> expressions) {
        Set<String> known = new HashSet<>(scraped());
        known.addAll(METRICS.keySet());
        assertThat(known).containsAll(names(expressions));
        for (String each : expressions) {
            RATED.matcher(each)
                    .results()
                    .map(found -> METRICS.get(found.group(1)))
                    .filter(metric -> metric != null)
                    .forEach(
                            metric ->
                                    assertThat(metric.type())
                                            .as(metric.key())
                                            .isEqualTo(MetricName.Type.COUNTER));
            for (MatchResult found : QUANTILE.matcher(each).results().toList()) {
                assertThat(METRICS.get(found.group(1)).type()).isEqualTo(MetricName.Type.HISTOGRAM);
                assertThat(QUANTILES).contains(found.group(2));
            }
            assertThat(each.chars().filter(c -> c == '(').count())
                    .as(each)
                    .isEqualTo(each.chars().filter(c -> c == ')').count());
        }
    }

    private static Set<String> names(List<String> expressions) {
        Set<String> names = new TreeSet<>();
        for (String each : expressions) {
            // A label's value may hold a name too.
            NAME.matcher(each.replaceAll("\"[^\"]*\"", ""))
                    .results()
                    .forEach(found -> names.add(found.group()));
        }
        return names;
    }

    private static List<String> scraped() {
        try {
            return Files.readAllLines(Path.of("src/test/resources/scraped-metrics.txt")).stream()
                    .filter(each -> !each.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void operatorsAreNamedAsTheReporterNamesThem() {
        Set<String> operators = new TreeSet<>();
        Pattern label = Pattern.compile("operator_name=\"([^\"]*)\"");
        for (String each : dashboard().findValuesAsText("expr")) {
            label.matcher(each).results().forEach(found -> operators.add(found.group(1)));
        }
        assertThat(operators).isEqualTo(new TreeSet<>(Arrays.asList("dead_letters:_Writer")));
    }
}
