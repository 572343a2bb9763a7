package io.ralmspec.job.assets;

import java.io.IOException;

/** An asset is missing, damaged or not what was expected. The message says what the user can do. */
public final class AssetException extends IOException {
    private static final long serialVersionUID = 1L;

    public AssetException(String message) {
        super(message);
    }

    public AssetException(String message, Throwable cause) {
        super(message, cause);
    }
}
