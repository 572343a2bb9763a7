package io.ralmspec.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.model.Device;
import io.ralmspec.model.ModelOptions;
import io.ralmspec.model.OnnxKeyedLanguageModel;
import org.apache.logging.log4j.Level;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An operator can see in the log where the language model runs. */
class ModelDeviceTest {
    @ParameterizedTest
    @CsvSource({
        "CPU, 'runs on the CPU, as asked, threads: 1'",
        "AUTO, 'runs on the CPU, threads: 1, because this build has ONNX Runtime without CUDA'"
    })
    void oneLineSaysWhereTheModelRunsAndWhy(Device device, String line) {
        ModelOptions options = new ModelOptions(1, 0, 0, 1 << 22, device, 1);
        try (CapturedLog log = new CapturedLog(Level.WARN);
                OnnxKeyedLanguageModel model =
                        OnnxKeyedLanguageModel.open(TinyModels.model("llama-shared"), options)) {
            assertThat(model.dimension()).isPositive();
            assertThat(log.containing("The language model runs on"))
                    .singleElement()
                    .asString()
                    .contains(line);
        }
    }
}
