package io.ralmspec.helm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.util.FileUtils;

/** The chart, rendered by Helm itself (a native library of helm-java). */
final class Chart {
    static final Path DIRECTORY = Path.of("ralmspec");
    static final Path MINIMAL = DIRECTORY.resolve("examples/minimal.yaml");
    static final Path PRODUCTION = DIRECTORY.resolve("examples/production.yaml");
    static final YAMLMapper YAML = new YAMLMapper();

    private Chart() {}

    /** The manifests of the minimal example with these values, YAML, on top. */
    static Manifests minimal(String... values) {
        return render(MINIMAL, values);
    }

    /** The manifests of the example with everything in it, with these values on top. */
    static Manifests production(String... values) {
        return render(PRODUCTION, values);
    }

    static Manifests render(Path example, String... values) {
        return new Manifests(documents(text(DIRECTORY, example, values)));
    }

    /**
     * What Helm says of values that it refuses.
     *
     * @throws AssertionError if it takes them
     */
    static String refusal(Path example, String... values) {
        String text;
        try {
            text = text(DIRECTORY, example, values);
        } catch (IllegalStateException refused) {
            return String.valueOf(refused.getMessage());
        }
        throw new AssertionError("Helm must refuse these values, and rendered:\n" + text);
    }

    static JsonNode yaml(Path file) {
        try {
            return YAML.readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The pod of `helm test`, which Helm's templates leave out. */
    static JsonNode test(Path example, String... values) {
        String template = read(DIRECTORY.resolve("templates/tests/ask.yaml"));
        return changed(
                        "tests/ask.yaml",
                        template.replace("helm.sh/hook: test", "helm.sh/hooked: test"),
                        example,
                        values)
                .get("Pod", "ralmspec-test");
    }

    /** What is shown after an installation. */
    static String notes(Path example, String... values) {
        String template =
                """
                {{- define "notes" -}}
                %s
                {{- end }}
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: notes
                data:
                  text: |
                    {{- include "notes" . | nindent 4 }}
                """
                        .formatted(read(DIRECTORY.resolve("templates/NOTES.txt")));
        return changed("notes.yaml", template, example, values)
                .get("ConfigMap", "notes")
                .at("/data/text")
                .asText();
    }

    /** Rendered from a copy of the chart in which one template is another. */
    private static Manifests changed(String name, String template, Path example, String... values) {
        try {
            Path copy = Files.createTempDirectory("chart");
            try (Stream<Path> files = Files.walk(DIRECTORY)) {
                for (Path each : files.filter(Files::isRegularFile).toList()) {
                    Path target = copy.resolve(DIRECTORY.relativize(each));
                    Files.createDirectories(target.getParent());
                    Files.copy(each, target);
                }
                Files.writeString(copy.resolve("templates").resolve(name), template);
                return new Manifests(documents(text(copy, example, values)));
            } finally {
                FileUtils.deleteDirectory(copy.toFile());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path chart, Path example, String... values) {
        List<Path> files = new ArrayList<>();
        try {
            TemplateCommand command =
                    new Helm(chart)
                            .template()
                            .withName("ralmspec")
                            .withNamespace("models")
                            .withKubeVersion("1.33.0")
                            .withValuesFile(example);
            for (String each : values) {
                Path file = Files.createTempFile("values", ".yaml");
                files.add(file);
                command.withValuesFile(Files.writeString(file, each));
            }
            return command.call();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            files.forEach(file -> file.toFile().delete());
        }
    }

    private static List<JsonNode> documents(String text) {
        try (MappingIterator<JsonNode> all = YAML.readerFor(JsonNode.class).readValues(text)) {
            List<JsonNode> documents = new ArrayList<>();
            all.forEachRemaining(
                    document -> {
                        if (document.isObject()) {
                            documents.add(document);
                        }
                    });
            return documents;
        } catch (IOException e) {
            throw new UncheckedIOException("Helm's output must be YAML:\n" + text, e);
        }
    }
}
