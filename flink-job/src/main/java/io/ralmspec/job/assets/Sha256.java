package io.ralmspec.job.assets;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of files and streams as 64 lower-case hexadecimal digits. */
final class Sha256 {
    private static final String HEX_DIGITS = "[0-9a-f]{64}";

    private Sha256() {}

    static String of(Path file) throws IOException {
        MessageDigest digest = digest();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return hex(digest);
    }

    static String of(byte[] bytes) {
        return HexFormat.of().formatHex(digest().digest(bytes));
    }

    /**
     * Copies all of {@code in} to a new file.
     *
     * @throws AssetException if the bytes do not have the checksum; the file then holds them
     */
    static void copyChecked(InputStream in, Path target, String expected) throws IOException {
        MessageDigest digest = digest();
        try (OutputStream out = new DigestOutputStream(Files.newOutputStream(target), digest)) {
            in.transferTo(out);
        }
        requireEqual(target.getFileName().toString(), expected, hex(digest));
    }

    static void requireEqual(String name, String expected, String got) throws AssetException {
        if (!got.equals(expected)) {
            throw new AssetException(
                    "`%s` must have the SHA-256 checksum %s (got %s)"
                            .formatted(name, expected, got));
        }
    }

    static String requireHex(String sha256) {
        if (!sha256.matches(HEX_DIGITS)) {
            throw new IllegalArgumentException(
                    "`sha256` must be 64 lower-case hexadecimal digits (got %s)".formatted(sha256));
        }
        return sha256;
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }
}
