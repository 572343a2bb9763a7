package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class LoggedFailureTest {
    @Test
    void keepsTypesAndTracesButNoMessage() {
        var cause = new UnsupportedOperationException("the prompt");
        var failure = new IllegalArgumentException("the prompt", cause);

        Throwable shown = LoggedFailure.of(failure);

        assertThat(shown.getMessage()).isEqualTo("java.lang.IllegalArgumentException");
        assertThat(shown.getStackTrace()).isEqualTo(failure.getStackTrace());
        assertThat(shown.getCause().getMessage())
                .isEqualTo("java.lang.UnsupportedOperationException");
        assertThat(printed(shown)).doesNotContain("prompt").contains("LoggedFailureTest");
    }

    @Test
    void keepsMessagesOfOurOwn() {
        assertThat(printed(LoggedFailure.of(new OurException("out of memory"))))
                .contains("OurException: out of memory");
    }

    @Test
    void anEndlessChainOfCausesEnds() {
        var first = new IllegalArgumentException();
        var second = new IllegalStateException(first);
        first.initCause(second);

        assertThat(printed(LoggedFailure.of(first)).split("Caused by", -1)).hasSize(11);
    }

    private static String printed(Throwable failure) {
        var text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    private static final class OurException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private OurException(String message) {
            super(message);
        }
    }
}
