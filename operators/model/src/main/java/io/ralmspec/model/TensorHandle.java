package io.ralmspec.model;

import ai.onnxruntime.OnnxTensor;
import org.jspecify.annotations.Nullable;

/**
 * A tensor that cannot be used once closed. ONNX Runtime does not check: a closed tensor given to a
 * run ends the JVM. Not thread-safe.
 */
final class TensorHandle implements AutoCloseable {
    private final Activity activity;
    private @Nullable OnnxTensor tensor;

    TensorHandle(OnnxTensor tensor, Activity activity) {
        this.tensor = tensor;
        this.activity = activity;
        activity.handlesOpened.increment();
    }

    /**
     * @throws IllegalStateException if it was closed
     */
    OnnxTensor tensor() {
        OnnxTensor open = tensor;
        if (open == null) {
            throw new IllegalStateException("keys and values were used after they were closed");
        }
        return open;
    }

    @Override
    public void close() {
        OnnxTensor open = tensor;
        if (open != null) {
            tensor = null;
            open.close();
            activity.handlesClosed.increment();
        }
    }
}
