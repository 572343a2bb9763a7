package io.ralmspec.kafka;

import java.time.Instant;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which dead letters are meant: those that satisfy all three.
 *
 * @param codes wire names of error codes; empty for any
 * @param positions of the dead letters themselves; empty for any
 * @param since written at this time or later; null for any
 */
public record DeadLetterQuery(
        Set<String> codes, SortedSet<Position> positions, @Nullable Instant since) {
    /** Every dead letter. */
    public static final DeadLetterQuery ALL = new DeadLetterQuery(Set.of(), new TreeSet<>(), null);

    /** A dead letter's place in its topic. */
    public record Position(int partition, long offset) implements Comparable<Position> {
        @Override
        public int compareTo(Position other) {
            return partition != other.partition
                    ? Integer.compare(partition, other.partition)
                    : Long.compare(offset, other.offset);
        }
    }

    public DeadLetterQuery {
        codes = Set.copyOf(codes);
        positions = new TreeSet<>(positions);
    }

    boolean selects(StoredDeadLetter letter) {
        return (codes.isEmpty() || codes.contains(letter.code()))
                && (positions.isEmpty()
                        || positions.contains(new Position(letter.partition(), letter.offset())))
                && (since == null || !letter.time().isBefore(since));
    }

    /** Whether a partition can hold one that is meant. */
    boolean mayBeIn(int partition) {
        return positions.isEmpty()
                || positions.stream().anyMatch(position -> position.partition() == partition);
    }

    /** The first offset of a partition that can be meant. */
    long from(int partition) {
        return positions.stream()
                .filter(position -> position.partition() == partition)
                .mapToLong(Position::offset)
                .min()
                .orElse(0);
    }

    /** The first offset of a partition behind all that can be meant. */
    long to(int partition) {
        return positions.stream()
                .filter(position -> position.partition() == partition)
                .mapToLong(position -> position.offset() + 1)
                .max()
                .orElse(Long.MAX_VALUE);
    }
}
