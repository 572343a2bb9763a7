package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.AnswerRecord;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.Delta;
import io.ralmspec.decoding.DeltaRecord;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Source;
import io.ralmspec.decoding.Submission;
import io.ralmspec.decoding.Timings;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every record that crosses an edge is serialised by Flink field by field, never by Kryo. */
class RecordTypesTest {
    static Stream<Object> records() {
        Origin origin = Requests.origin("a", "body");
        Origin bare = new Origin("t", 0, 1, 2, null, null, List.of(), List.of());
        RequestError error = new RequestError(ErrorCode.OVERLOADED, "field", "message");
        Answer answer =
                new Answer(
                        "a",
                        "text",
                        new int[] {1, 2},
                        FinishReason.STOP,
                        3,
                        List.of(new Source("doc", "title", 0.5f, 0, 2)),
                        new Counters(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
                        new Timings(1, 2, 3, 4, 5),
                        null);
        List<Query> queries =
                List.of(new Query("q", new float[] {1, 2}), new Query("", new float[0]));
        VerificationRequest request =
                new VerificationRequest("a", 3, RetrieverKind.HNSW, queries, 20, false);
        return Stream.of(
                Requests.submit(Requests.simple("a")),
                Requests.cancel("a"),
                Submission.cancellation(bare, "a"),
                Requests.refused("a"),
                Submission.refused(bare, "a", error),
                new AnswerRecord(origin, answer),
                new AnswerRecord(bare, Answer.refused("a", error)),
                new DeltaRecord(origin, new Delta("a", 1, "text", true)),
                new DeadLetter(origin, error),
                request,
                new VerificationResult(
                        "a",
                        3,
                        List.of(Hits.EMPTY, new Hits(new int[] {4}, new float[] {0.5f})),
                        0.25,
                        null),
                VerificationResult.failed(request, 0.25, "message"));
    }

    @ParameterizedTest
    @MethodSource("records")
    void comesBackFromItsSerializerUnchangedWithoutKryo(Object value) throws IOException {
        TypeSerializer<Object> serializer = serializer(value.getClass());
        DataOutputSerializer out = new DataOutputSerializer(256);
        serializer.serialize(value, out);
        Object read = serializer.deserialize(new DataInputDeserializer(out.getCopyOfBuffer()));
        assertThat(read).usingRecursiveComparison().isEqualTo(value);
        assertThat(serializer.copy(value)).usingRecursiveComparison().isEqualTo(value);
    }

    /** Throws if any part of the type is a generic type. */
    @SuppressWarnings("unchecked")
    private static TypeSerializer<Object> serializer(Class<?> type) {
        Configuration configuration = new Configuration();
        configuration.set(PipelineOptions.GENERIC_TYPES, false);
        return ((TypeInformation<Object>) TypeInformation.of(type))
                .createSerializer(new SerializerConfigImpl(configuration));
    }
}
