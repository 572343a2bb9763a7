package io.ralmspec.job.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ralmspec.kafka.ClientSettings;
import java.util.List;
import org.apache.flink.runtime.util.EnvironmentInformation;
import picocli.CommandLine.Model.CommandSpec;

/** What made a report: the command without secrets, and versions. */
final class RunFacts {
    private RunFacts() {}

    static ObjectNode of(CommandSpec command) {
        ObjectNode about = JsonNodeFactory.instance.objectNode();
        ArrayNode arguments = about.putArray("command");
        List<String> original = command.root().commandLine().getParseResult().originalArgs();
        original.stream().map(RunFacts::masked).forEach(arguments::add);
        ObjectNode versions = about.putObject("versions");
        versions.put("ralmspec", command.root().version()[0]);
        versions.put("flink", EnvironmentInformation.getVersion());
        return about;
    }

    /** {@code -Kkey=value} and {@code -Dkey=value}, whose key says that it is a secret. */
    static String masked(String argument) {
        int equals = argument.indexOf('=');
        // Own options such as --max-tokens hold no secrets.
        return equals > 0
                        && !argument.startsWith("--")
                        && ClientSettings.isSecret(argument.substring(0, equals))
                ? argument.substring(0, equals + 1) + "******"
                : argument;
    }
}
