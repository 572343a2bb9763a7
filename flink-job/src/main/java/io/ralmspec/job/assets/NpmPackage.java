package io.ralmspec.job.assets;

/**
 * One version of an npm package, pinned by the checksum of its tarball.
 *
 * @param name such as {@code left-pad} or {@code @scope/left-pad}
 * @param bytes size of the tarball, for progress only
 * @param sha256 of the tarball, 64 lower-case hexadecimal digits
 */
public record NpmPackage(String name, String version, long bytes, String sha256) {
    public NpmPackage {
        if (!name.matches("(@[a-z0-9~][a-z0-9._~-]*/)?[a-z0-9~][a-z0-9._~-]*")) {
            throw new IllegalArgumentException(
                    "`name` must be a lower-case npm package name (got %s)".formatted(name));
        }
        if (!version.matches("[0-9]+\\.[0-9]+\\.[0-9]+[0-9A-Za-z.+-]*")) {
            throw new IllegalArgumentException(
                    "`version` must be one exact version (got %s)".formatted(version));
        }
        Sha256.requireHex(sha256);
    }

    /** The name npm itself gives the tarball. */
    public String fileName() {
        return name.replace("@", "").replace('/', '-') + "-" + version + ".tgz";
    }

    /** What npm calls this version: {@code name@version}. */
    public String coordinates() {
        return name + "@" + version;
    }
}
