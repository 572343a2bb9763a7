package io.ralmspec.model;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Tells whether CUDA can be tried. ONNX Runtime's GPU build claims to have it everywhere and takes
 * seconds to find out that it does not, so the driver is looked for first.
 */
final class Cuda {
    private static final String DRIVER = "libcuda.so.1";

    private Cuda() {}

    /** Whether a model with these options runs on CUDA, or tries to. */
    static boolean chosen(ModelOptions options) {
        return options.device() == Device.CUDA
                || options.device() == Device.AUTO && missing().isEmpty();
    }

    /** What is missing, or an empty string. */
    static String missing() {
        if (!OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA)) {
            return "this build has ONNX Runtime without CUDA (build with profile gpu)";
        }
        String configured = System.getenv().getOrDefault("LD_LIBRARY_PATH", "");
        return driverMissing(configured, Path.of("/etc/ld.so.cache"));
    }

    /**
     * @param libraryPath directories, separated by colons
     * @param linkerCache the list of libraries the dynamic linker knows
     */
    static String driverMissing(String libraryPath, Path linkerCache) {
        boolean inPath =
                List.of(libraryPath.split(":")).stream()
                        .filter(directory -> !directory.isEmpty())
                        .anyMatch(directory -> Files.exists(Path.of(directory, DRIVER)));
        return inPath || listed(linkerCache) ? "" : "there is no " + DRIVER + " on this machine";
    }

    private static boolean listed(Path linkerCache) {
        try {
            byte[] cache = Files.readAllBytes(linkerCache);
            return new String(cache, StandardCharsets.ISO_8859_1).contains(DRIVER);
        } catch (IOException e) {
            return false;
        }
    }
}
