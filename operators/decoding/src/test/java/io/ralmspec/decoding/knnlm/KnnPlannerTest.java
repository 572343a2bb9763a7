package io.ralmspec.decoding.knnlm;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.Plan;
import io.ralmspec.decoding.ScriptedTokenizer;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StopRules;
import io.ralmspec.decoding.StrideSettings;
import java.util.List;
import org.junit.jupiter.api.Test;

class KnnPlannerTest {
    private static final Plan FOUR = new Plan(4, false, true);
    private static final Plan FOUR_AHEAD = new Plan(4, true, true);

    private final KnnPlanner planner =
            new KnnPlanner(
                    new StrideSettings(5, 0.9, 5),
                    new StopRules(new ModelProfile(100, 1, List.of(0)), new ScriptedTokenizer()));
    private final KnnSession s =
            new KnnSession(
                    KnnRequests.submitted(
                            "r", 10, DecodingMode.KNN_LM, SpeculationPolicy.fixed(4, 1), false));

    @Test
    void gathersAStrideInOneGo() {
        assertThat(planner.speculates(s, FOUR)).isEqualTo(4);
        draft(3);
        assertThat(planner.speculates(s, FOUR)).isEqualTo(1);
        draft(1);
        assertThat(planner.speculates(s, FOUR)).isZero();
        draft(2);
        assertThat(planner.speculates(s, FOUR)).as("the stride got shorter").isZero();
    }

    @Test
    void plainDecodingTakesOneTokenAtATime() {
        assertThat(planner.speculates(s, Plan.PLAIN)).isEqualTo(1);
        draft(1);
        assertThat(planner.speculates(s, Plan.PLAIN)).isZero();
        assertThat(KnnPlanner.searches(s, Plan.PLAIN)).isTrue();
    }

    @Test
    void nothingLiesBehindTheEnd() {
        draft(8);
        assertThat(planner.speculates(s, new Plan(16, false, true)))
                .as("of 10 tokens")
                .isEqualTo(2);
        s.draftEnd = FinishReason.STOP;
        assertThat(planner.speculates(s, new Plan(16, false, true))).isZero();
    }

    @Test
    void goesAheadOfASearchTokenByTokenUntilThereIsEnough() {
        draft(4);
        s.verifying = 1;
        s.asked = 4;
        assertThat(planner.speculates(s, FOUR)).as("waits").isZero();
        for (int ahead = 0; ahead < 5; ahead++) {
            assertThat(planner.speculates(s, FOUR_AHEAD)).isEqualTo(1);
            draft(1);
        }
        assertThat(planner.speculates(s, FOUR_AHEAD)).isZero();
    }

    @Test
    void waitsForTheTruthThatIsBeingTold() {
        draft(2);
        s.settling = 1;
        s.asked = 2;
        assertThat(planner.speculates(s, FOUR_AHEAD)).isZero();
        assertThat(KnnPlanner.searches(s, FOUR_AHEAD)).isFalse();
    }

    @Test
    void searchesForAStrideOrForWhatThereIsIfNoMoreComes() {
        assertThat(KnnPlanner.searches(s, FOUR)).as("for nothing").isFalse();
        draft(2);
        s.generating = 1;
        assertThat(KnnPlanner.searches(s, FOUR)).as("more is coming").isFalse();
        s.generating = 0;
        assertThat(KnnPlanner.searches(s, FOUR)).isTrue();
        draft(2);
        s.generating = 1;
        assertThat(KnnPlanner.searches(s, FOUR)).isTrue();
        s.verifying = 2;
        assertThat(KnnPlanner.searches(s, FOUR)).as("one is out").isFalse();
    }

    @Test
    void guessesNothingWhileCarefulButRemembersWhatIsFound() {
        assertThat(planner.plan(s)).isEqualTo(FOUR);
        s.careful = true;
        assertThat(planner.plan(s)).isEqualTo(Plan.PLAIN);
        assertThat(planner.remembers(s)).isTrue();
    }

    private void draft(int count) {
        for (int i = 0; i < count; i++) {
            s.draft(1, new float[0]);
        }
    }
}
