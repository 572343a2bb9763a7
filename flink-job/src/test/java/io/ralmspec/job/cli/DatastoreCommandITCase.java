package io.ralmspec.job.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.knnlm.Neighbours;
import io.ralmspec.decoding.knnlm.SearchKind;
import io.ralmspec.job.TinyModels;
import io.ralmspec.knowledge.BuildPhase;
import io.ralmspec.knowledge.DatastoreBuilder;
import io.ralmspec.knowledge.DatastoreManifest;
import io.ralmspec.knowledge.DatastoreSettings;
import io.ralmspec.knowledge.FileDatastore;
import io.ralmspec.knowledge.KnowledgeOptions;
import io.ralmspec.model.Device;
import io.ralmspec.model.ModelOptions;
import io.ralmspec.model.OnnxKeyedLanguageModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** Datastores built from the command line with small real models. */
class DatastoreCommandITCase {
    private static final int ENTRIES = 3000;
    private static final ModelOptions OPTIONS = new ModelOptions(1, 0, 0, 1 << 26, Device.CPU, 1);

    @TempDir Path directory;
    private Path corpus = Path.of("");
    private Path output = Path.of("");

    private record Run(int exitCode, String output, String errors) {}

    @BeforeEach
    void writeCorpus() throws IOException {
        corpus = TinyModels.corpus(directory, 400);
        output = directory.resolve("store");
    }

    @Test
    void buildsADatastoreThatTheModelFindsItsOwnKeysIn() throws IOException {
        Run run = build(TinyModels.model("llama-shared"), "--max-entries", "" + ENTRIES);

        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(run.output())
                .contains(output + " holds 3000 entries for exact and approximate search")
                .contains("0 lines skipped")
                .contains("--model " + TinyModels.model("llama-shared"))
                .contains("--datastore " + output);
        try (OnnxKeyedLanguageModel model = model("llama-shared");
                FileDatastore store = open()) {
            store.requireModel(model.fingerprint()).verify();
            assertThat(store.size()).isEqualTo(ENTRIES);
            String text = Files.readAllLines(corpus).getFirst();
            String start = text.substring(text.indexOf("The "), text.lastIndexOf('"')) + "\n";
            int[] tokens = model.tokenizer().encode(start);
            float[][] keys = model.keys(tokens);
            for (SearchKind kind : SearchKind.values()) {
                List<Neighbours> found = store.search(Arrays.asList(keys), 1, kind);
                for (int i = 0; i + 1 < tokens.length; i++) {
                    // Beyond it rounding: the builder's runs are longer.
                    assertThat(found.get(i).distances()[0]).isLessThan(1e-4f);
                    assertThat(found.get(i).tokens()[0]).isEqualTo(tokens[i + 1]);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"gpt2-shared, 128, 64", "opt-growing, 64, 20"})
    void buildsWhatTheOptionsSay(String model, int window, int left) {
        Run run =
                build(
                        TinyModels.model(model),
                        "--max-entries=500",
                        "--key-type=fp16",
                        "--no-approximate",
                        "--threads=1",
                        "--window-tokens=" + window,
                        "--left-tokens=" + left);

        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(run.output()).contains("500 entries for exact search");
        try (FileDatastore store = open()) {
            DatastoreManifest manifest = store.manifest();
            assertThat(manifest.keyType()).isEqualTo("fp16");
            assertThat(manifest.approximate()).isFalse();
            assertThat(manifest.windowTokens()).isEqualTo(window);
            assertThat(manifest.leftTokens()).isEqualTo(left);
            assertThat(manifest.files().keySet()).containsExactly("keys", "tokens.i32");
        }
    }

    @Test
    void goesOnWhereAnInterruptedBuildStopped() throws IOException {
        Path model = TinyModels.model("llama-shared");
        assertThatThrownBy(this::interruptedBuild).hasMessage("interrupted");
        assertThat(output).doesNotExist();
        Path straight = directory.resolve("straight");
        assertThat(
                        run(
                                        "datastore",
                                        "--corpus=" + corpus,
                                        "--model=" + model,
                                        "--output=" + straight,
                                        "--max-entries=" + ENTRIES)
                                .exitCode())
                .isZero();

        Run run = build(model, "--max-entries=" + ENTRIES);

        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(run.errors())
                .containsPattern("going on with an interrupted build: [12]\\d{3} entries");
        for (String file : List.of("keys", "tokens.i32")) {
            assertThat(output.resolve(file)).hasSameBinaryContentAs(straight.resolve(file));
        }
    }

    private void interruptedBuild() {
        DatastoreSettings settings = DatastoreSettings.of(corpus, output).withMaxEntries(ENTRIES);
        try (OnnxKeyedLanguageModel model = model("llama-shared")) {
            new DatastoreBuilder(
                            settings,
                            model.tokenizer(),
                            model,
                            (phase, done, total) -> {
                                if (phase == BuildPhase.KEYS && done >= 1024) {
                                    throw new IllegalStateException("interrupted");
                                }
                            })
                    .build();
        }
    }

    @Test
    void aGraphWithoutKeysIsRefusedWithTheCommandThatAddsThem() throws IOException {
        Path model = withoutKeys("gpt2-shared");
        Run refused = build(model, "--max-entries=500");
        assertThat(refused.exitCode()).isOne();
        String command = "ralmspec key-output --model " + model;
        assertThat(refused.errors()).contains("no output knn_key").contains("`" + command + "`");
        assertThat(output).doesNotExist();

        Run added = run("key-output", "--model", model.toString());
        assertThat(added.exitCode()).as(added.errors()).isZero();
        assertThat(added.output()).contains(model + " now has the output knn_key");
        assertThat(model.resolve("model.onnx"))
                .hasSameBinaryContentAs(TinyModels.model("gpt2-shared").resolve("model.onnx"));
        assertThat(run("key-output", "--model", model.toString()).output())
                .contains("already had the output");
        assertThat(build(model, "--max-entries=500").exitCode()).isZero();
    }

    @Test
    void badLinesAreReportedAndTooManyOfThemEndTheBuild() throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(corpus));
        lines.add(2, "not JSON");
        lines.add(5, "{\"id\": \"no text\"}");
        Files.write(corpus, lines);
        Path model = TinyModels.model("gpt2-shared");

        Run refused = build(model, "--max-entries=500", "--max-bad-lines=1");
        assertThat(refused.exitCode()).isOne();
        assertThat(refused.errors()).contains("more than 1 bad lines").contains("line 6");
        assertThat(output).doesNotExist();

        Run run = build(model, "--max-entries=500");
        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(run.errors()).contains("line 3 skipped").contains("line 6 skipped");
        assertThat(run.output()).contains("2 lines skipped");
    }

    @Test
    void aDatastoreThatIsThereIsReplacedOnlyOnRequest() {
        Path model = TinyModels.model("gpt2-shared");
        assertThat(build(model, "--max-entries=100", "--no-approximate").exitCode()).isZero();

        Run refused = build(model, "--max-entries=200", "--no-approximate");
        assertThat(refused.exitCode()).isOne();
        assertThat(refused.errors()).contains(output + " is already there");

        Run replaced = build(model, "--max-entries=200", "--no-approximate", "--replace");
        assertThat(replaced.exitCode()).as(replaced.errors()).isZero();
        try (FileDatastore store = open()) {
            assertThat(store.size()).isEqualTo(200);
        }
    }

    @Test
    void wrongValuesAreNamed() {
        Path model = TinyModels.model("gpt2-shared");
        assertThat(build(model, "--key-type=int8").errors())
                .contains("`key_type` must be fp32 or fp16 (got int8)");
        assertThat(build(model, "--threads=0").errors())
                .contains("`threads` must be in [1, 1024] (got 0)");
        assertThat(build(model, "--window-tokens=10000").errors())
                .contains("`window_tokens` must be <= what the model can take");
        assertThat(build(directory.resolve("none")).errors()).contains("none");
        assertThat(run("datastore").errors()).contains("--corpus").contains("--model");
        assertThat(output).doesNotExist();
    }

    /** The model as it was exported, without what {@code key-output} appended to its graph. */
    private Path withoutKeys(String name) throws IOException {
        Path model = Files.createDirectory(directory.resolve(name));
        for (String file : List.of("model.onnx", "config.json", "tokenizer.json")) {
            Files.copy(TinyModels.model(name).resolve(file), model.resolve(file));
        }
        byte[] graph = Files.readAllBytes(model.resolve("model.onnx"));
        // The addition is field 7, in one piece: its tag and its length, in bytes.
        int end = graph.length - 2;
        while (graph[end] != (7 << 3 | 2) || graph[end + 1] != graph.length - end - 2) {
            end--;
        }
        Files.write(model.resolve("model.onnx"), Arrays.copyOf(graph, end));
        return model;
    }

    private static OnnxKeyedLanguageModel model(String name) {
        return OnnxKeyedLanguageModel.open(TinyModels.model(name), OPTIONS);
    }

    private FileDatastore open() {
        return FileDatastore.open(output, new KnowledgeOptions(1, 64));
    }

    private Run build(Path model, String... more) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "datastore",
                                "--corpus",
                                corpus.toString(),
                                "--model",
                                model.toString(),
                                "--output",
                                output.toString()));
        arguments.addAll(List.of(more));
        return run(arguments.toArray(String[]::new));
    }

    private static Run run(String... arguments) {
        StringWriter written = new StringWriter();
        StringWriter errors = new StringWriter();
        CommandLine commandLine =
                Ralmspec.commandLine()
                        .setOut(new PrintWriter(written))
                        .setErr(new PrintWriter(errors));
        return new Run(commandLine.execute(arguments), written.toString(), errors.toString());
    }
}
