package io.ralmspec.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Reads the JSON files of model directories; every error names the file. */
final class JsonFiles {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private JsonFiles() {}

    static JsonNode read(Path file) {
        JsonNode json;
        try {
            json = MAPPER.readTree(file.toFile());
        } catch (IOException e) {
            throw new InvalidModelException("%s cannot be read as JSON: %s".formatted(file, e), e);
        }
        if (json == null || json.isMissingNode()) {
            throw new InvalidModelException("%s is empty".formatted(file));
        }
        return json;
    }

    static Optional<JsonNode> readIfPresent(Path file) {
        return Files.isRegularFile(file) ? Optional.of(read(file)) : Optional.empty();
    }

    /** {@code path} itself if it is a file, else the file {@code name} in it. */
    static Path inDirectory(Path path, String name) {
        Path file = Files.isDirectory(path) ? path.resolve(name) : path;
        if (!Files.isRegularFile(file)) {
            throw new InvalidModelException("%s does not exist".formatted(file));
        }
        return file;
    }
}
