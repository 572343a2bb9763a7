package io.ralmspec.job;

import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** The main class that is submitted to a Flink cluster. */
public final class RalmSpecJob {
    private RalmSpecJob() {}

    /** {@code [--config FILE] [-Dkey=value]...}, see {@link OptionsReader}. */
    public static void main(String[] arguments) throws Exception {
        Configuration options = OptionsReader.read(List.of(arguments));
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(options);
        env.configure(FlinkDefaults.missingFrom(env.getConfiguration()));
        RalmTopology.build(env, options, new OnnxServingFactory(options));
        env.execute("ralmspec");
    }
}
