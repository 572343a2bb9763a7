package io.ralmspec.job.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.KafkaException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line, {@code ralmspec}. */
@Command(
        name = "ralmspec",
        mixinStandardHelpOptions = true,
        version = "ralmspec 0.1.0",
        description = "Serves iterative retrieval-augmented language models with speculation.",
        subcommands = {
            IndexCommand.class,
            DatastoreCommand.class,
            KeyOutputCommand.class,
            ServeCommand.class,
            AskCommand.class,
            CompareCommand.class,
            BenchCommand.class,
            LoadCommand.class,
            TopicsCommand.class,
            DeadLettersCommand.class
        })
public final class Ralmspec {
    private Ralmspec() {}

    public static void main(String[] arguments) {
        JavaLogging.quiet();
        try {
            System.exit(commandLine().execute(arguments));
        } catch (NoClassDefFoundError e) {
            System.err.printf(
                    "ralmspec: the job's jar has no Kafka broker and no Flink cluster of its own"
                            + " (got no class %s): use flink-job/bin/ralmspec for this command%n",
                    e.getMessage());
            System.exit(1);
        }
    }

    /** Errors that the user can mend are one line; others come with their stack trace. */
    static CommandLine commandLine() {
        return new CommandLine(new Ralmspec())
                .setExecutionExceptionHandler(
                        (failure, commandLine, parsed) -> {
                            PrintWriter err = commandLine.getErr();
                            boolean mendable =
                                    failure instanceof IllegalArgumentException
                                            || failure instanceof IllegalStateException
                                            || failure instanceof IOException
                                            || failure instanceof TimeoutException
                                            || failure instanceof KafkaException
                                            || isOurs(failure);
                            err.println("ralmspec: " + failure.getMessage());
                            for (Throwable cause = failure.getCause();
                                    cause != null;
                                    cause = cause.getCause()) {
                                err.println("  because: " + cause.getMessage());
                            }
                            if (!mendable) {
                                failure.printStackTrace(err);
                            }
                            return 1;
                        });
    }

    private static boolean isOurs(Exception failure) {
        return failure.getClass().getName().startsWith("io.ralmspec.");
    }
}
