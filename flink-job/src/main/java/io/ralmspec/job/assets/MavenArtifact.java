package io.ralmspec.job.assets;

/**
 * A jar that the build copies next to its other outputs. It is read as an archive and is never on
 * the class path.
 *
 * @param sha256 of the jar, 64 lower-case hexadecimal digits
 */
public record MavenArtifact(String groupId, String artifactId, String version, String sha256) {
    public MavenArtifact {
        Sha256.requireHex(sha256);
    }

    public String fileName() {
        return artifactId + "-" + version + ".jar";
    }

    public String coordinates() {
        return groupId + ":" + artifactId + ":" + version;
    }
}
