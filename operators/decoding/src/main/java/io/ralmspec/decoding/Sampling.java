package io.ralmspec.decoding;

/**
 * How the next token is drawn. The draw depends on nothing but the scores, the seed and the
 * position, so a token that is generated again after a rollback or a restart is the same token.
 *
 * @param temperature 0 is greedy; otherwise logits are divided by it, up to 2
 * @param topP keep the smallest set of tokens whose probability reaches this, in (0, 1]
 * @param seed any value
 */
public record Sampling(double temperature, double topP, long seed) {
    public static final Sampling GREEDY = new Sampling(0, 1, 0);

    public Sampling {
        Checks.require(
                temperature >= 0 && temperature <= 2, "temperature", "in [0, 2]", temperature);
        Checks.require(topP > 0 && topP <= 1, "top_p", "in (0, 1]", topP);
    }

    public boolean greedy() {
        return temperature == 0;
    }
}
