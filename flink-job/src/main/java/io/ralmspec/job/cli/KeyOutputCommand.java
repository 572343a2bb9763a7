package io.ralmspec.job.cli;

import io.ralmspec.model.KeyOutput;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Gives a model's graph the output that KNN-LM needs. */
@Command(
        name = "key-output",
        mixinStandardHelpOptions = true,
        description = {
            "Adds the output " + KeyOutput.NAME + ", which KNN-LM needs, to model.onnx.",
            "Tokens and scores stay the same, and weights are not touched. Does nothing where the"
                    + " output is there already."
        })
final class KeyOutputCommand implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--model", required = true, description = "Language model directory.")
    private Path model = Path.of("");

    @Override
    public Integer call() {
        boolean added = KeyOutput.add(model);
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "%s %s the output %s.%n", model, added ? "now has" : "already had", KeyOutput.NAME);
        out.flush();
        return 0;
    }
}
