package io.ralmspec.job;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;
import org.apache.logging.log4j.core.layout.PatternLayout;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is logged in this JVM until it is closed, exceptions included: our own loggers at
 * TRACE, all others at one level. Console output stays as it was.
 */
final class CapturedLog implements AutoCloseable {
    private static final String OURS = "io.ralmspec";

    private final LoggerContext context = (LoggerContext) LogManager.getContext(false);
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final Level rootLevel;
    private final @Nullable LoggerConfig before;

    CapturedLog(Level others) {
        Configuration configuration = context.getConfiguration();
        LoggerConfig root = configuration.getRootLogger();
        rootLevel = root.getLevel();
        before = configuration.getLoggers().get(OURS);
        Capture capture = new Capture(events);
        capture.start();
        // What others log below their usual level would flood the console.
        limitOtherAppenders(Level.WARN);
        root.addAppender(capture, Level.ALL, null);
        root.setLevel(others);
        configuration.addLogger(OURS, new LoggerConfig(OURS, Level.TRACE, true));
        context.updateLoggers();
    }

    List<String> containing(String text) {
        return events.stream().filter(event -> event.contains(text)).toList();
    }

    /** As text: level, logger, thread, message and stack trace with all causes. */
    List<String> events() {
        return events;
    }

    @Override
    public void close() {
        Configuration configuration = context.getConfiguration();
        configuration.getRootLogger().removeAppender(Capture.NAME);
        configuration.getRootLogger().setLevel(rootLevel);
        limitOtherAppenders(null);
        configuration.removeLogger(OURS);
        if (before != null) {
            configuration.addLogger(OURS, before);
        }
        context.updateLoggers();
    }

    private void limitOtherAppenders(@Nullable Level level) {
        LoggerConfig root = context.getConfiguration().getRootLogger();
        root.getAppenders()
                .forEach(
                        (name, appender) -> {
                            root.removeAppender(name);
                            root.addAppender(appender, level, null);
                        });
    }

    private static final class Capture extends AbstractAppender {
        private static final String NAME = "capture";

        private final PatternLayout layout =
                PatternLayout.newBuilder().withPattern("%p %c [%t] %m%n%xEx").build();
        private final List<String> events;

        private Capture(List<String> events) {
            super(NAME, null, null, false, Property.EMPTY_ARRAY);
            this.events = events;
        }

        @Override
        public void append(LogEvent event) {
            events.add(layout.toSerializable(event));
        }
    }
}
