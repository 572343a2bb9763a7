package io.ralmspec.job.assets;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Reads entries of a jar that is data only. */
final class Jar {
    private Jar() {}

    /**
     * @throws AssetException if there is no such entry
     */
    static InputStream open(ZipFile archive, String name) throws IOException {
        ZipEntry entry = archive.getEntry(name);
        if (entry == null) {
            throw new AssetException(
                    "`%s` must hold %s (got a jar without it)".formatted(archive.getName(), name));
        }
        return archive.getInputStream(entry);
    }
}
