package io.ralmspec.job.cli;

import io.ralmspec.job.ShownOptions;
import io.ralmspec.job.local.LocalService;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the service on this machine until it is stopped. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = "Runs the job in a local Flink cluster, with its web UI and a Kafka broker.")
final class ServeCommand implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Mixin private ServiceOptions service = new ServiceOptions();

    @Option(
            names = "--broker-port",
            defaultValue = "9092",
            description = "Port of the embedded broker; 0 for any free one (${DEFAULT-VALUE}).")
    private int brokerPort;

    @Option(
            names = "--ui-port",
            defaultValue = "8081",
            description = "Port of the Flink UI (${DEFAULT-VALUE}).")
    private int uiPort;

    @Option(
            names = "--print-config",
            description = "Show the options in force, secrets masked, and start nothing.")
    private boolean printConfig;

    @Override
    public Integer call() throws Exception {
        if (printConfig) {
            PrintWriter out = spec.commandLine().getOut();
            out.print(ShownOptions.text(service.checked()));
            out.flush();
            return 0;
        }
        try (LocalService running = service.start(brokerPort, uiPort)) {
            System.out.printf(
                    "Serving. Requests: topic %s at %s. Flink UI: %s%n"
                            + "Ask with: ralmspec ask --bootstrap-servers %s \"your question\"%n",
                    running.topics().requests().name(),
                    running.bootstrapServers(),
                    running.uiAddress(),
                    running.bootstrapServers());
            running.awaitEnd();
        }
        return 0;
    }
}
