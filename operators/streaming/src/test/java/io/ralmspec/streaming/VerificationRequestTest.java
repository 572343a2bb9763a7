package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.RetrieverKind;
import java.util.List;
import org.junit.jupiter.api.Test;

class VerificationRequestTest {
    @Test
    void asTextHasNoWordOfThePrompt() {
        Query query = new Query("the prompt", new float[] {1});
        assertThat(new VerificationRequest("a", 7, RetrieverKind.BM25, List.of(query), 3, false))
                .hasToString("verification of request a (epoch 7, 1 queries)");
    }
}
