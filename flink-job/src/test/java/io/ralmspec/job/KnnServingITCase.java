package io.ralmspec.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import io.ralmspec.decoding.knnlm.SequentialKnnDecoder;
import io.ralmspec.job.client.RalmClient;
import io.ralmspec.job.local.LocalService;
import io.ralmspec.job.local.Ports;
import io.ralmspec.knowledge.BuildListener;
import io.ralmspec.knowledge.DatastoreBuilder;
import io.ralmspec.knowledge.DatastoreSettings;
import io.ralmspec.knowledge.FileDatastore;
import io.ralmspec.knowledge.KnowledgeOptions;
import io.ralmspec.model.Device;
import io.ralmspec.model.ModelOptions;
import io.ralmspec.model.OnnxKeyedLanguageModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** KNN-LM requests through the real job, on a real model and a datastore that it built. */
class KnnServingITCase {
    private static final Path MODEL = TinyModels.model("gpt2-shared");

    @TempDir Path directory;

    @Test
    void answersEqualThePlainLoopOfTheSameModelAndDatastore() throws Exception {
        List<DecodingRequest> requests = requests();
        List<Answer> expected = new ArrayList<>();
        Path datastore = directory.resolve("datastore");
        try (OnnxKeyedLanguageModel model =
                OnnxKeyedLanguageModel.open(
                        MODEL, new ModelOptions(1, 0, 0, 1 << 22, Device.CPU, 1))) {
            DatastoreSettings settings =
                    DatastoreSettings.of(TinyModels.corpus(directory, 120), datastore);
            new DatastoreBuilder(settings, model.tokenizer(), model, BuildListener.SILENT).build();
            try (FileDatastore store =
                    FileDatastore.open(datastore, new KnowledgeOptions(1, 128))) {
                SequentialKnnDecoder oracle =
                        new SequentialKnnDecoder(model, store, model.tokenizer());
                requests.forEach(request -> expected.add(oracle.decode(request)));
            }
        }
        int accepted = 0;
        int rolledBack = 0;
        try (LocalService service = service(datastore);
                RalmClient client = new RalmClient(service.clients(), service.topics())) {
            for (int i = 0; i < requests.size(); i++) {
                Answer answer = client.ask(requests.get(i), delta -> {}, Duration.ofMinutes(2));
                assertThat(answer.error()).isNull();
                assertThat(answer.tokens()).isEqualTo(expected.get(i).tokens());
                assertThat(answer.text()).isEqualTo(expected.get(i).text());
                assertThat(answer.sources()).isEmpty();
                accepted += answer.counters().accepted();
                rolledBack += answer.counters().rolledBackTokens();
                boolean speculative = requests.get(i).retrieval().speculative();
                int calls = answer.counters().retrievalCalls();
                assertThat(calls).isLessThanOrEqualTo(answer.tokens().length);
                assertThat(speculative || calls == answer.tokens().length).isTrue();
            }
        }
        assertThat(accepted).isPositive();
        assertThat(rolledBack).isPositive();
    }

    private LocalService service(Path datastore) throws Exception {
        Path index = TinyModels.index(directory, 20, RetrieverKind.BM25, RetrieverKind.EXACT);
        Map<String, String> options = new HashMap<>();
        options.put(JobOptions.MODEL_DIRECTORY.key(), MODEL.toString());
        options.put(JobOptions.ENCODER_DIRECTORY.key(), TinyModels.encoder().toString());
        options.put(JobOptions.KNOWLEDGE_DIRECTORY.key(), index.toString());
        options.put(JobOptions.DATASTORE_DIRECTORY.key(), datastore.toString());
        return LocalService.start(
                options, directory.resolve("service"), 0, Ports.freeOr(0), OnnxServingFactory::new);
    }

    private static List<DecodingRequest> requests() {
        List<DecodingRequest> requests = new ArrayList<>();
        for (RetrieverKind retriever : List.of(RetrieverKind.EXACT, RetrieverKind.HNSW)) {
            for (int neighbours : new int[] {1, 8, 64}) {
                for (StrideRule rule : StrideRule.values()) {
                    int number = requests.size();
                    DecodingMode mode =
                            number % 6 == 5 ? DecodingMode.KNN_LM_BASELINE : DecodingMode.KNN_LM;
                    requests.add(
                            request(
                                    number,
                                    RetrievalParameters.of(
                                                    retriever,
                                                    mode,
                                                    new SpeculationPolicy(
                                                            rule,
                                                            4,
                                                            1,
                                                            number % 2 == 0,
                                                            false,
                                                            false))
                                            .with(
                                                    new KnnParameters(
                                                            0.5, 10, neighbours, 10, 8, 1024))));
                }
            }
        }
        return requests;
    }

    private static DecodingRequest request(int number, RetrievalParameters retrieval) {
        return new DecodingRequest(
                "knn-" + number,
                "The otter number " + number + " stands by the",
                24,
                List.of(),
                number % 4 == 3 ? new Sampling(0.9, 0.95, number) : Sampling.GREEDY,
                retrieval,
                number % 3 == 0,
                0);
    }
}
