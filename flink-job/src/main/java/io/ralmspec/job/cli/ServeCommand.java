package io.ralmspec.job.cli;

import io.ralmspec.job.local.LocalService;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Runs the service on this machine until it is stopped. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = "Runs the job in a local Flink cluster, with its web UI and a Kafka broker.")
final class ServeCommand implements Callable<Integer> {
    @Mixin private ServiceOptions service = new ServiceOptions();

    @Override
    public Integer call() throws Exception {
        try (LocalService running = service.start()) {
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
