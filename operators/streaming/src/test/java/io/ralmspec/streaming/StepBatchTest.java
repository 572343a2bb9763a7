package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.Stride;
import io.ralmspec.decoding.StrideBatch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StepBatchTest {
    private final ScriptedBatch strides = new ScriptedBatch();
    private final StepBatch batch = new StepBatch(strides);
    private final List<String> told = new ArrayList<>();

    @Test
    void stepsAreHandedOutWhenTheyAreComplete() {
        batch.add(step("a"));
        batch.add(step("b"));
        assertThat(batch.isEmpty()).isFalse();
        strides.complete = List.of("b");
        batch.advance();
        assertThat(told).containsExactly("b generated");
        strides.complete = List.of("a");
        batch.advance();
        assertThat(told).containsExactly("b generated", "a generated");
        assertThat(batch.isEmpty()).isTrue();
    }

    @Test
    void aRunThatFailsIsNobodysFaultUnlessThereIsOne() {
        batch.add(step("a"));
        batch.add(step("b"));
        strides.fails = true;
        batch.advance();
        assertThat(told).containsExactly("a failed among others", "b failed among others");
        batch.add(step("c"));
        batch.advance();
        assertThat(told).last().isEqualTo("c failed alone");
        assertThat(batch.isEmpty()).isTrue();
    }

    @Test
    void aStepThatCannotBeginFailsAlone() {
        batch.add(step("a"));
        strides.refuses = true;
        batch.add(step("b"));
        strides.complete = List.of("a");
        batch.advance();
        assertThat(told).containsExactly("b failed alone", "a generated");
    }

    @Test
    void aStepThatEndsWithoutTokensOrReasonFails() {
        batch.add(step("a"));
        strides.givesUp = List.of("a");
        batch.advance();
        assertThat(told).containsExactly("a failed alone");
    }

    @Test
    void whoThrowsWhenToldKeepsNothingFromTheOthers() {
        batch.add(step("throws"));
        batch.add(step("a"));
        strides.complete = List.of("throws", "a");
        try {
            batch.advance();
        } catch (IllegalArgumentException e) {
            told.add("thrown");
        }
        assertThat(batch.isEmpty()).isFalse();
        batch.advance();
        assertThat(told).containsExactly("thrown", "a generated");
    }

    private StepBatch.Waiting step(String sequence) {
        Context context = new Context(sequence, -1, new int[] {1, 2});
        Generation generation = Generation.of(context, 2, Sampling.GREEDY);
        Command.Generate command =
                new Command.Generate(1, 0, generation, RetrieverKind.BM25, 8, 1, null);
        return new StepBatch.Waiting() {
            @Override
            public Command.Generate command() {
                return command;
            }

            @Override
            public boolean cancelled() {
                return false;
            }

            @Override
            public void generated(Stride stride) {
                if (sequence.equals("throws")) {
                    throw new IllegalArgumentException("on purpose");
                }
                told.add(sequence + " generated");
            }

            @Override
            public void failed(Throwable failure, boolean alone) {
                told.add(sequence + (alone ? " failed alone" : " failed among others"));
            }
        };
    }

    /** Does what it is told, to whom it is told. */
    private static final class ScriptedBatch implements StrideBatch {
        private final Map<String, Consumer<@Nullable Stride>> members = new LinkedHashMap<>();
        List<String> complete = List.of();
        List<String> givesUp = List.of();
        boolean fails;
        boolean refuses;

        @Override
        public boolean full() {
            return false;
        }

        @Override
        public boolean isEmpty() {
            return members.isEmpty();
        }

        @Override
        public void add(
                Generation generation, BooleanSupplier cancelled, Consumer<@Nullable Stride> done) {
            if (refuses) {
                throw new IllegalStateException("on purpose");
            }
            members.put(generation.context().sequence(), done);
        }

        @Override
        public void advance() {
            if (fails) {
                members.clear();
                throw new IllegalStateException("on purpose");
            }
            for (String sequence : complete) {
                Consumer<@Nullable Stride> done = members.remove(sequence);
                if (done != null) {
                    done.accept(new Stride(new int[] {3}, 0));
                }
            }
            for (String sequence : givesUp) {
                members.remove(sequence).accept(null);
            }
        }
    }
}
