package io.ralmspec.model;

/** ONNX Runtime failed while running a graph. The caller may try again. */
public final class ModelRunException extends RuntimeException {
    ModelRunException(String message, Throwable cause) {
        super(message, cause);
    }
}
