package io.ralmspec.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.job.TinyModels;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The command line on small real models: what it does, and what it says when it can't. */
class RalmspecITCase {
    @TempDir Path directory;

    private record Run(int exitCode, String errors) {}

    @ParameterizedTest
    @CsvSource({
        "gpt2-shared, --speculation-stride=3 --prefetch=1 --no-async --no-recovery",
        "opt-growing, --speculation-stride=3 --no-async",
        "llama-shared, --speculation-stride=4",
        "gpt2-shared, --speculation-stride=os3 --scheme=flare --confidence=0.1",
        "llama-shared, --speculation-stride=continuous --scheme=iter-retgen"
    })
    void compareFindsEveryAnswerEqual(String model, String policy) throws Exception {
        Path corpus = TinyModels.corpus(directory, 150);
        Path index = directory.resolve("built");
        assertThat(
                        run(
                                        "index",
                                        "--corpus",
                                        corpus.toString(),
                                        "--output",
                                        index.toString(),
                                        "--encoder",
                                        TinyModels.encoder().toString())
                                .exitCode())
                .isZero();
        Path questions =
                Files.writeString(
                        directory.resolve("questions.jsonl"),
                        """
                        {"question": "where is the lighthouse"}
                        {"question": "who plays the violin"}
                        {"question": "what does the otter eat"}
                        {"question": "how old is the glacier"}
                        """);
        Path report = directory.resolve("report.json");

        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "--questions",
                                questions.toString(),
                                "--max-tokens",
                                "24",
                                "--report",
                                report.toString()));
        arguments.addAll(List.of(policy.split(" ")));

        Run compare =
                service(
                        "compare",
                        TinyModels.model(model),
                        index,
                        arguments.toArray(String[]::new));

        assertThat(compare.exitCode()).as(compare.errors()).isZero();
        int speculativeCalls = 0;
        int baselineCalls = 0;
        JsonNode written = new ObjectMapper().readTree(report.toFile());
        assertThat(policy).contains("=" + written.get("speculation_stride").asText());
        for (JsonNode row : written.get("rows")) {
            assertThat(row.get("answered").asInt()).isEqualTo(4);
            assertThat(row.get("equal_outputs").asInt()).isEqualTo(4);
            if (row.get("mode").asText().equals("baseline")) {
                baselineCalls += row.get("retrieval_calls").asInt();
            } else {
                speculativeCalls += row.get("retrieval_calls").asInt();
            }
        }
        assertThat(speculativeCalls).isPositive().isLessThanOrEqualTo(baselineCalls);
        if (written.get("speculation_stride").asText().matches("\\d")) {
            assertThat(speculativeCalls).isLessThan(baselineCalls);
        }
    }

    @Test
    void aModelWithoutTokenizerRefusesToStart() throws Exception {
        Path model = Files.createDirectory(directory.resolve("model"));
        for (String file : List.of("model.onnx", "config.json")) {
            Files.copy(TinyModels.model("gpt2-shared").resolve(file), model.resolve(file));
        }
        Run serve = service("serve", model, TinyModels.index(directory, 20, RetrieverKind.EXACT));
        assertThat(serve.exitCode()).isOne();
        assertThat(serve.errors()).contains("tokenizer.json").contains(model.toString());
    }

    @Test
    void anIndexOfAnotherEncoderRefusesToStart() throws Exception {
        Path index = TinyModels.index(directory, 20, RetrieverKind.EXACT);
        Path encoder = directory.resolve("other-encoder");
        try (var files = Files.walk(TinyModels.encoder())) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, encoder.resolve(TinyModels.encoder().relativize(file).toString()));
            }
        }
        Path settings = encoder.resolve("sentence_bert_config.json");
        Files.writeString(settings, "{\"max_seq_length\": 7}");
        Run serve =
                run(
                        "serve",
                        "--model",
                        TinyModels.model("gpt2-shared").toString(),
                        "--encoder",
                        encoder.toString(),
                        "--index",
                        index.toString());
        assertThat(serve.exitCode()).isOne();
        assertThat(serve.errors()).contains("encoder").contains("ralmspec index");
    }

    @Test
    void anEmptyCorpusIsRefused() throws Exception {
        Path corpus = Files.writeString(directory.resolve("empty.jsonl"), "");
        Run index =
                run(
                        "index",
                        "--corpus",
                        corpus.toString(),
                        "--output",
                        directory.resolve("out").toString(),
                        "--retriever",
                        "bm25");
        assertThat(index.exitCode()).isOne();
        assertThat(index.errors()).contains("empty.jsonl");
        assertThat(directory.resolve("out")).doesNotExist();
    }

    @Test
    void wrongWordsAreNamed() {
        assertThat(run("index", "--corpus", "x", "--output", "y", "--retriever", "oracle").errors())
                .contains("--retriever must be exact, hnsw or bm25 (got oracle)");
        assertThat(run("index", "--corpus", "x", "--output", "y").errors())
                .contains("--encoder must be given for exact and hnsw");
        assertThat(run("ask").errors()).contains("QUESTION");
        assertThat(run("ask", "q", "--speculation-stride", "many").errors())
                .contains("--speculation-stride must be in [1, 64], os3 or continuous (got many)");
    }

    @Test
    void serveShowsTheOptionsInForceWithoutSecrets() {
        StringWriter shown = new StringWriter();
        int exitCode =
                Ralmspec.commandLine()
                        .setOut(new PrintWriter(shown))
                        .execute(
                                "serve",
                                "--print-config",
                                "--model=m",
                                "--encoder=e",
                                "--index=i",
                                "-Dralmspec.kafka.properties.ssl.key.password=hunter2",
                                "-Dralmspec.retrieval.stride=2");

        assertThat(exitCode).isZero();
        assertThat(shown.toString())
                .contains("ralmspec.retrieval.stride: '2'")
                .contains("ralmspec.kafka.properties.ssl.key.password: '******'")
                .doesNotContain("hunter2");
    }

    private Run service(String command, Path model, Path index, String... more) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                command,
                                "--model",
                                model.toString(),
                                "--encoder",
                                TinyModels.encoder().toString(),
                                "--index",
                                index.toString()));
        arguments.addAll(List.of(more));
        return run(arguments.toArray(String[]::new));
    }

    private static Run run(String... arguments) {
        StringWriter errors = new StringWriter();
        CommandLine commandLine = Ralmspec.commandLine().setErr(new PrintWriter(errors));
        return new Run(commandLine.execute(arguments), errors.toString());
    }
}
