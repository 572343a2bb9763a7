package io.ralmspec.knowledge;

import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.Query;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Milliseconds per exact search of one batch, top 20, on all processors. {@code kernel} is the
 * Vector API or its plain replacement; {@code loop} is the obvious alternative: one document and
 * one query after another. {@code read} only reads the vectors, block by block as a search does:
 * what the memory allows.
 *
 * <pre>
 * ./mvnw -Pbenchmark -pl operators/knowledge -am -DskipTests verify
 * ./mvnw ... -Dbenchmark.args="-p documents=1000000 -p queries=1,16"
 * </pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgs = {"--add-modules=jdk.incubator.vector", "-Xmx3g"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class ExactDenseBenchmark {
    private static final int TOP = 20;
    private static final short[] NO_SCRATCH = {};

    @Param("100000")
    int documents;

    @Param("384")
    int dimension;

    @Param({"1", "4", "16"})
    int queries;

    @Param({"read", "vector", "plain", "loop"})
    String kernel = "";

    private Path directory = Path.of("");
    private VectorFile vectors;
    private SearchPool pool;
    private ExactRetriever retriever;
    private List<Query> batch = List.of();

    public static void main(String[] arguments) throws CommandLineOptionException, RunnerException {
        CommandLineOptions given = new CommandLineOptions(arguments);
        new Runner(
                        new OptionsBuilder()
                                .parent(given)
                                .include(ExactDenseBenchmark.class.getSimpleName())
                                .build())
                .run();
    }

    @Setup
    public void setUp() throws IOException {
        directory = Files.createTempDirectory("exact-dense");
        Path file = directory.resolve("vectors");
        Random random = new Random(1);
        try (VectorFileWriter writer = new VectorFileWriter(file, 0, dimension)) {
            for (int from = 0; from < documents; from += VectorFile.ROWS) {
                writer.append(unit(random, Math.min(VectorFile.ROWS, documents - from)));
            }
        }
        vectors = VectorFile.open(file, documents, dimension);
        pool = new SearchPool(Runtime.getRuntime().availableProcessors(), "benchmark");
        ScoreKernel chosen = kernel.equals("vector") ? new VectorKernel() : new PlainKernel();
        retriever = new ExactRetriever(vectors, pool, chosen);
        batch =
                IntStream.range(0, queries)
                        .mapToObj(i -> new Query("", unit(random, 1)[0]))
                        .toList();
    }

    private float[][] unit(Random random, int count) {
        float[][] rows = new float[count][dimension];
        for (float[] row : rows) {
            double squares = 0;
            for (int d = 0; d < dimension; d++) {
                row[d] = random.nextFloat() - 0.5f;
                squares += row[d] * row[d];
            }
            for (int d = 0; d < dimension; d++) {
                row[d] /= (float) Math.sqrt(squares);
            }
        }
        return rows;
    }

    @TearDown
    public void tearDown() throws IOException {
        pool.close();
        IndexFiles.delete(directory);
    }

    @Benchmark
    public List<Hits> search() {
        return switch (kernel) {
            case "loop" -> loop();
            case "read" -> read();
            default -> retriever.search(batch, TOP);
        };
    }

    private List<Hits> read() {
        pool.run(
                vectors.blocks(),
                () -> new float[VectorFile.ROWS * dimension],
                (tile, block) -> vectors.readSlab(block, 0, dimension, tile, NO_SCRATCH));
        return List.of();
    }

    private List<Hits> loop() {
        List<TopHits> tops = batch.stream().map(query -> new TopHits(TOP)).toList();
        List<TopHits[]> parts =
                pool.run(
                        vectors.blocks(),
                        () ->
                                IntStream.range(0, queries)
                                        .mapToObj(i -> new TopHits(TOP))
                                        .toArray(TopHits[]::new),
                        (hits, block) -> scoreRows(hits, block));
        parts.forEach(hits -> IntStream.range(0, queries).forEach(q -> tops.get(q).merge(hits[q])));
        return tops.stream().map(TopHits::toHits).toList();
    }

    private void scoreRows(TopHits[] hits, int block) {
        float[] tile = new float[VectorFile.ROWS * dimension];
        vectors.readSlab(block, 0, dimension, tile, vectors.newScratch(dimension));
        for (int row = 0; row < vectors.rows(block); row++) {
            for (int q = 0; q < queries; q++) {
                float[] query = batch.get(q).vector();
                float score = 0;
                for (int d = 0; d < dimension; d++) {
                    score = Math.fma(tile[d * VectorFile.ROWS + row], query[d], score);
                }
                hits[q].offer(block * VectorFile.ROWS + row, score);
            }
        }
    }
}
