package io.ralmspec.job.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The machine in words, without names or paths of it. */
public final class Host {
    private static final Path CPUS = Path.of("/proc/cpuinfo");

    private Host() {}

    public static ObjectNode describe() {
        Runtime runtime = Runtime.getRuntime();
        ObjectNode host = JsonNodeFactory.instance.objectNode();
        host.put("cores", runtime.availableProcessors());
        host.put("cpu", cpu());
        host.put("max_heap_mib", runtime.maxMemory() >> 20);
        host.put("os", property("os.name") + " " + property("os.version"));
        host.put("arch", property("os.arch"));
        host.put(
                "java", ManagementFactory.getRuntimeMXBean().getVmName() + " " + Runtime.version());
        return host;
    }

    /** The model where the system tells it, else "unknown". */
    private static String cpu() {
        if (!Files.isReadable(CPUS)) {
            return "unknown";
        }
        try (Stream<String> lines = Files.lines(CPUS)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String property(String name) {
        return System.getProperty(name, "unknown");
    }
}
