package io.ralmspec.decoding;

/** What a scripted fake throws where it is told to fail. */
public final class ScriptedFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final ErrorCode code;

    public ScriptedFailure(ErrorCode code) {
        super("on purpose", null, false, false);
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }
}
