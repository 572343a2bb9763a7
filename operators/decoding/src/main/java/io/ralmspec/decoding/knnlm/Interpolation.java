package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.Checks;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.TokenDraw;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the neighbours and the language model say together (paper section 5; Khandelwal et al.):
 *
 * <pre>
 *   p(token)     = lambda p_kNN(token) + (1 - lambda) p_LM(token)
 *   p_kNN(token) = the sum of exp(-distance / temperature) of the neighbours followed by that
 *                  token, divided by the sum of all
 * </pre>
 *
 * In double, in one order, by StrictMath: the same bits wherever it is computed. Without neighbours
 * p is p_LM.
 *
 * @param lambda in [0, 1]
 * @param temperature above 0
 */
public record Interpolation(double lambda, double temperature) {
    static Interpolation of(KnnParameters parameters) {
        return new Interpolation(parameters.lambda(), parameters.temperature());
    }

    /**
     * The next token.
     *
     * @param position index of the new token among prompt and generated tokens
     * @throws IllegalArgumentException if a neighbour's token is not in the model's vocabulary, or
     *     its distance not finite
     */
    public int choose(
            float[] logProbabilities, Neighbours neighbours, Sampling sampling, int position) {
        Map<Integer, Double> shares = shares(neighbours, logProbabilities.length);
        return sampling.greedy()
                ? greedy(logProbabilities, shares)
                : draw(logProbabilities, shares, sampling, position);
    }

    /** What neighbours and model give one token, in [0, 1]. */
    public double probability(float[] logProbabilities, Neighbours neighbours, int token) {
        return mixed(logProbabilities, shares(neighbours, logProbabilities.length), token);
    }

    /** p_kNN of the tokens that follow a neighbour, the nearest first. */
    private Map<Integer, Double> shares(Neighbours neighbours, int vocabulary) {
        Map<Integer, Double> shares = new LinkedHashMap<>();
        double total = 0;
        for (int i = 0; i < neighbours.size(); i++) {
            int token = neighbours.tokens()[i];
            Checks.require(
                    token >= 0 && token < vocabulary,
                    "datastore token",
                    "in [0, " + vocabulary + "): build the datastore with this model",
                    token);
            double distance = neighbours.distances()[i];
            Checks.require(Double.isFinite(distance), "distance", "finite", distance);
            double beyond = distance - neighbours.distances()[0];
            double weight = StrictMath.exp(-beyond / temperature);
            total += weight;
            shares.merge(token, weight, Double::sum);
        }
        double all = total;
        shares.replaceAll((token, weight) -> weight / all);
        return shares;
    }

    private double mixed(float[] logProbabilities, Map<Integer, Double> shares, int token) {
        double model = StrictMath.exp(logProbabilities[token]);
        return shares.isEmpty()
                ? model
                : lambda * shares.getOrDefault(token, 0.0) + (1 - lambda) * model;
    }

    /**
     * The largest p, and of equal ones the smallest token. Of the tokens that follow no neighbour,
     * only the model's best can have it.
     */
    private int greedy(float[] logProbabilities, Map<Integer, Double> shares) {
        int best = 0;
        for (int token = 1; token < logProbabilities.length; token++) {
            if (logProbabilities[token] > logProbabilities[best]
                    || Float.isNaN(logProbabilities[best])) {
                best = token;
            }
        }
        double largest = mixed(logProbabilities, shares, best);
        if (Double.isNaN(largest)) {
            throw new IllegalStateException("no score is a number: the model is broken");
        }
        for (int token : shares.keySet()) {
            double p = mixed(logProbabilities, shares, token);
            if (p > largest || (p == largest && token < best)) {
                best = token;
                largest = p;
            }
        }
        return best;
    }

    private int draw(
            float[] logProbabilities,
            Map<Integer, Double> shares,
            Sampling sampling,
            int position) {
        double[] scores = new double[logProbabilities.length];
        double share = shares.isEmpty() ? 0 : StrictMath.log(1 - lambda);
        for (int token = 0; token < scores.length; token++) {
            scores[token] = share + logProbabilities[token];
        }
        for (int token : shares.keySet()) {
            scores[token] = StrictMath.log(mixed(logProbabilities, shares, token));
        }
        double highest = Arrays.stream(scores).max().orElse(Double.NaN);
        if (!(highest > Double.NEGATIVE_INFINITY)) {
            throw new IllegalStateException("a score is not a number: the model is broken");
        }
        for (int token = 0; token < scores.length; token++) {
            scores[token] = TokenDraw.weight((scores[token] - highest) / sampling.temperature());
        }
        return TokenDraw.draw(scores, sampling, position);
    }
}
