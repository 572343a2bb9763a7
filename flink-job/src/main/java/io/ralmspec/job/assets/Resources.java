package io.ralmspec.job.assets;

import java.io.IOException;
import java.io.InputStream;

/** Small files that ship inside the jar, next to these classes. */
final class Resources {
    private Resources() {}

    static byte[] read(String name) throws IOException {
        try (InputStream in = Resources.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("The jar must hold the resource " + name);
            }
            return in.readAllBytes();
        }
    }
}
