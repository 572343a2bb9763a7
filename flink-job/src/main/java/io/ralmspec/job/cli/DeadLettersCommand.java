package io.ralmspec.job.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Shows dead letters, and sends them again. */
@Command(
        name = "dead-letters",
        mixinStandardHelpOptions = true,
        description = "Lists the records that could not be answered, and sends them again.",
        subcommands = {ListDeadLettersCommand.class, ReplayDeadLettersCommand.class})
final class DeadLettersCommand implements Runnable {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec.commandLine(), "dead-letters must be followed by list or replay");
    }
}
