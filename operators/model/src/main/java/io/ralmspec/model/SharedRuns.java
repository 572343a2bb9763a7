package io.ralmspec.model;

import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.Stride;
import io.ralmspec.decoding.StrideBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Strides of several sequences that share the model's runs, token by token: new ones join and
 * complete ones leave between any two runs. Where sharing is not faster than taking turns, they
 * take turns, token by token too.
 *
 * <p>Used by the model's thread.
 */
final class SharedRuns implements StrideBatch {
    /** Longer steps say nothing of what a token costs. */
    private static final int SHORT_STEP = 4;

    private record Member(
            StrideRun run, BooleanSupplier cancelled, Consumer<@Nullable Stride> done) {}

    private final OnnxLanguageModel model;
    private final RaggedSession session;
    private final long maxBytes;
    private final RunCosts costs;
    private final List<Member> members = new ArrayList<>();

    /**
     * @param maxBytes of the members' keys and values: above it, no other joins
     */
    SharedRuns(OnnxLanguageModel model, RaggedSession session, long maxBytes, RunCosts costs) {
        this.model = model;
        this.session = session;
        this.maxBytes = maxBytes;
        this.costs = costs;
    }

    @Override
    public boolean isEmpty() {
        return members.isEmpty();
    }

    @Override
    public boolean full() {
        return !members.isEmpty() && (members.size() >= session.slots() || bytes() >= maxBytes);
    }

    private long bytes() {
        return members.stream().mapToLong(member -> member.run().sequence().bytes()).sum();
    }

    @Override
    public void add(
            Generation generation, BooleanSupplier cancelled, Consumer<@Nullable Stride> done) {
        drop(generation.context().sequence());
        StrideRun run = model.begin(generation, cancelled);
        if (run == null) {
            done.accept(null);
        } else {
            run.sequence().hold(true);
            members.add(new Member(run, cancelled, done));
        }
    }

    /** Takes out a sequence that nobody waits for any more. */
    void drop(String sequence) {
        for (Member member : List.copyOf(members)) {
            if (member.run().generation().context().sequence().equals(sequence)) {
                leave(member, null);
            }
        }
    }

    @Override
    public void advance() {
        for (Member member : List.copyOf(members)) {
            if (member.cancelled().getAsBoolean()) {
                leave(member, null);
            }
        }
        try {
            model.exclusively(this::runAll);
        } catch (RuntimeException e) {
            // What an interrupted run left behind is not known.
            List<Member> failed = List.copyOf(members);
            members.clear();
            for (Member member : failed) {
                member.run().sequence().hold(false);
                model.forget(member.run().generation().context().sequence());
            }
            throw e;
        }
        for (Member member : List.copyOf(members)) {
            if (model.complete(member.run())) {
                leave(member, member.run().stride());
            }
        }
    }

    private void runAll() {
        List<Member> together = new ArrayList<>();
        List<GraphStep> steps = new ArrayList<>();
        boolean isShort = true;
        for (Member member : members) {
            GraphStep step = member.run().next();
            if (step.count() % 2 == 0) {
                together.add(member);
                steps.add(step);
                isShort &= step.count() <= SHORT_STEP;
            } else {
                // Only at the very beginning of a sequence.
                member.run().accept(member.run().sequence().run(step));
            }
        }
        if (together.isEmpty()) {
            return;
        }
        long start = System.nanoTime();
        boolean share = together.size() > 1 && costs.sharingPays(together.size());
        if (share) {
            runTogether(together, steps);
        } else {
            for (int i = 0; i < together.size(); i++) {
                StrideRun run = together.get(i).run();
                run.accept(run.sequence().run(steps.get(i)));
            }
        }
        if (isShort) {
            costs.observe(share, together.size(), (System.nanoTime() - start) / 1e9);
        }
    }

    private void runTogether(List<Member> together, List<GraphStep> steps) {
        List<RaggedSession.Part> parts = new ArrayList<>();
        for (int i = 0; i < together.size(); i++) {
            Sequence sequence = together.get(i).run().sequence();
            parts.add(new RaggedSession.Part(steps.get(i), sequence.begin(steps.get(i))));
        }
        List<int[]> chosen = session.run(parts);
        for (int i = 0; i < together.size(); i++) {
            StrideRun run = together.get(i).run();
            run.sequence().ran(steps.get(i));
            run.accept(chosen.get(i));
        }
    }

    private void leave(Member member, @Nullable Stride stride) {
        members.remove(member);
        member.run().sequence().hold(false);
        model.trim();
        member.done().accept(stride);
    }
}
