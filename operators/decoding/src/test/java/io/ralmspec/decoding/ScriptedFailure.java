package io.ralmspec.decoding;

/** What a scripted fake throws where it is told to fail. */
final class ScriptedFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final ErrorCode code;

    ScriptedFailure(ErrorCode code) {
        super("on purpose", null, false, false);
        this.code = code;
    }

    ErrorCode code() {
        return code;
    }
}
