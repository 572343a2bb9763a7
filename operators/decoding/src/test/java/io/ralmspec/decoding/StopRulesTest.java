package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class StopRulesTest {
    // "b0 " is 1, "c0 " is 2, "d0 " is 3; 10, 11, 12 are the three bytes of one character.
    private final StopRules rules =
            new StopRules(new ModelProfile(40, 10, List.of(0)), new ScriptedTokenizer());

    @Test
    void anEndTokenEndsTheAnswerAndIsNoPartOfIt() {
        assertThat(cut(20, List.of(), new int[0], 1, 0, 2))
                .satisfies(
                        cut -> {
                            assertThat(cut.tokens()).containsExactly(1);
                            assertThat(cut.end()).isEqualTo(FinishReason.STOP);
                        });
    }

    @Test
    void aStopTextAcrossStridesEndsWithTheTokenThatCompletesIt() {
        StopRules.Cut cut = cut(20, List.of("0 c0"), new int[] {1}, 2, 3);
        assertThat(cut.tokens()).containsExactly(2);
        assertThat(cut.end()).isEqualTo(FinishReason.STOP);
        assertThat(rules.text(new int[] {1, 2}, List.of("0 c0"))).isEqualTo("b");
    }

    @Test
    void maxTokensEndsThePartialStride() {
        StopRules.Cut cut = cut(3, List.of(), new int[] {1, 1}, 2, 3);
        assertThat(cut.tokens()).containsExactly(2);
        assertThat(cut.end()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void theContextIsALimitToo() {
        assertThat(rules.limit(request(500, List.of()), 12)).isEqualTo(18);
    }

    @Test
    void anIncompleteCharacterIsHeldBack() {
        assertThat(rules.stableText(new int[] {1, 10}, List.of())).isEqualTo("b0 ");
        assertThat(rules.stableText(new int[] {1, 10, 11}, List.of())).isEqualTo("b0 ");
        assertThat(rules.stableText(new int[] {1, 10, 11, 12}, List.of())).isEqualTo("b0 €");
    }

    @Test
    void whatMayBecomeAStopTextIsHeldBack() {
        assertThat(rules.stableText(new int[] {1, 2}, List.of("0 d", "x"))).isEqualTo("b0 c");
        assertThat(rules.stableText(new int[] {1, 2, 2}, List.of("0 d"))).isEqualTo("b0 c0 c");
    }

    private StopRules.Cut cut(int maxTokens, List<String> stop, int[] before, int... stride) {
        return rules.cut(request(maxTokens, stop), 5, before, stride);
    }

    private static DecodingRequest request(int maxTokens, List<String> stop) {
        return new DecodingRequest(
                "r",
                "p",
                maxTokens,
                stop,
                Sampling.GREEDY,
                RequestDefaults.PAPER.retrieval(),
                false,
                0);
    }
}
