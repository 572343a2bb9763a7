package io.ralmspec.streaming;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Failures as the log may show them. The message of an exception from anywhere may quote the text
 * of a request or a document, so only types and stack traces are kept, and the messages of those
 * who are known not to: ONNX Runtime and ourselves.
 */
final class LoggedFailure {
    private static final List<String> DISCREET = List.of("ai.onnxruntime.", "io.ralmspec.");
    private static final int MAX_CAUSES = 10;

    private LoggedFailure() {}

    static Throwable of(Throwable failure) {
        return of(failure, MAX_CAUSES);
    }

    private static Throwable of(Throwable failure, int causes) {
        @Nullable Throwable cause = failure.getCause();
        String type = failure.getClass().getName();
        boolean discreet = DISCREET.stream().anyMatch(type::startsWith);
        Throwable shown =
                new IllegalStateException(
                        discreet ? type + ": " + failure.getMessage() : type,
                        cause == null || causes == 0 ? null : of(cause, causes - 1));
        shown.setStackTrace(failure.getStackTrace());
        return shown;
    }
}
