package io.ralmspec.job.bench;

import io.ralmspec.job.JobOptions;
import io.ralmspec.job.JobSettings;
import io.ralmspec.job.OnnxServingFactory;
import io.ralmspec.job.OptionsReader;
import io.ralmspec.job.local.LocalService;
import io.ralmspec.streaming.OperatorOptions;
import io.ralmspec.streaming.ServingFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.util.IOUtils;

/** What the cells run on. Owns the engines, and through them models and knowledge bases. */
public final class BenchEngines implements AutoCloseable {
    private static final String NONE = "none";

    private final List<Engine> engines = new ArrayList<>();

    private BenchEngines() {}

    /** The same cells in one or in two surroundings. */
    public enum Kind {
        /** Model and knowledge base in this process, without Flink and Kafka. */
        LIBRARY,
        /** The real job, asked through Kafka. */
        FLINK,
        /**
         * Both in turn; two models and two knowledge bases are open then. Each model keeps its
         * documents from turn to turn, as the job's does.
         */
        BOTH,
        /**
         * The library, and in turn the library with a search per call, as a server has that runs
         * the sequential loop for each request. Two models and two knowledge bases are open then.
         */
        MERGING
    }

    /**
     * Engines in real time.
     *
     * @param options of the job, as in {@link JobOptions}
     * @param padVectors as in {@link io.ralmspec.knowledge.PaddedKnowledgeBase}; 0 for none
     * @param directory for the files of Kafka and Flink
     */
    public static BenchEngines open(
            Kind kind, Map<String, String> options, long padVectors, int uiPort, Path directory)
            throws Exception {
        BenchEngines opened = new BenchEngines();
        try {
            if (kind != Kind.FLINK) {
                Configuration checked = checked(options);
                OperatorOptions operators = JobSettings.operators(checked);
                ServingFactory serving = PaddedServingFactory.of(checked, padVectors);
                opened.engines.add(
                        LocalEngine.library(
                                serving.open(),
                                operators.strides(),
                                operators.maxVerificationBatch(),
                                kind != Kind.BOTH));
                if (kind == Kind.MERGING) {
                    opened.engines.add(LocalEngine.apart(serving.open(), operators.strides()));
                }
            }
            if (kind == Kind.FLINK || kind == Kind.BOTH) {
                opened.engines.add(flink(options, padVectors, uiPort, directory));
            }
            return opened;
        } catch (Throwable e) {
            opened.close();
            throw e;
        }
    }

    /**
     * Engines in real time for KNN-LM.
     *
     * @param options of the job, with a datastore; the library needs neither knowledge base nor
     *     encoder
     * @param directory for the files of Kafka and Flink
     */
    public static BenchEngines neighbours(
            Kind kind, Map<String, String> options, int uiPort, Path directory) throws Exception {
        BenchEngines opened = new BenchEngines();
        try {
            if (kind != Kind.FLINK) {
                Map<String, String> all = new HashMap<>(options);
                // Not opened.
                all.putIfAbsent(JobOptions.KNOWLEDGE_DIRECTORY.key(), NONE);
                all.putIfAbsent(JobOptions.ENCODER_DIRECTORY.key(), NONE);
                Configuration checked = checked(all);
                OperatorOptions operators = JobSettings.operators(checked);
                opened.engines.add(
                        LocalEngine.neighbours(
                                new OnnxServingFactory(checked).openNeighbours(),
                                operators.strides(),
                                operators.maxVerificationBatch()));
            }
            if (kind != Kind.LIBRARY) {
                opened.engines.add(flink(options, 0, uiPort, directory));
            }
            return opened;
        } catch (Throwable e) {
            opened.close();
            throw e;
        }
    }

    private static FlinkEngine flink(
            Map<String, String> options, long padVectors, int uiPort, Path directory)
            throws Exception {
        return new FlinkEngine(
                LocalService.start(
                        options,
                        directory,
                        0,
                        uiPort,
                        checked -> PaddedServingFactory.of(checked, padVectors)));
    }

    /**
     * An engine in virtual time.
     *
     * @param costs {@code gpt2} or {@code llama-7b}
     */
    public static BenchEngines paper(String costs, Map<String, String> options) throws Exception {
        PaperCosts parsed = PaperCosts.parse(costs);
        Configuration checked = checked(options);
        BenchEngines opened = new BenchEngines();
        opened.engines.add(
                LocalEngine.paper(
                        PaddedServingFactory.of(checked, 0).open(),
                        JobSettings.operators(checked).strides(),
                        parsed));
        return opened;
    }

    private static Configuration checked(Map<String, String> options) {
        Map<String, String> all = new HashMap<>(options);
        // Nobody connects to it.
        all.putIfAbsent(JobOptions.BOOTSTRAP_SERVERS.key(), "localhost:9092");
        return OptionsReader.checked(all);
    }

    List<Engine> engines() {
        return engines;
    }

    @Override
    public void close() throws Exception {
        IOUtils.closeAll(engines);
    }
}
