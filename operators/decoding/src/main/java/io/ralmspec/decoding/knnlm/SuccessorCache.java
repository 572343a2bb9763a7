package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.KnnParameters;
import java.util.Arrays;
import java.util.List;

/**
 * The datastore entries that a session's next neighbours are likely among (paper section 5.2): the
 * neighbours of the last keys, and what followed those in the corpus, because a text that is like
 * the corpus in one place is like it in the next. Searched with the datastore's own distances.
 *
 * @param positions oldest first, no duplicates
 */
public record SuccessorCache(int[] positions) {
    public static final SuccessorCache EMPTY = new SuccessorCache(new int[0]);

    boolean isEmpty() {
        return positions.length == 0;
    }

    /**
     * With the neighbours of consecutive verified keys. Those of {@code closest} are the newest:
     * the key before the last true token. What lies behind it was drafted on a wrong token, but is
     * likely much alike. Of one key, the nearest neighbour and its successors stay longest.
     *
     * @param found positions of the neighbours of each key, nearest first
     * @param size entries of the datastore
     */
    SuccessorCache with(List<int[]> found, int closest, KnnParameters parameters, int size) {
        Newest newest = new Newest(parameters.cacheEntries());
        for (int i = closest; i < found.size(); i++) {
            newest.addAll(found.get(i), parameters.successors(), size);
        }
        for (int i = closest - 1; i >= 0; i--) {
            newest.addAll(found.get(i), parameters.successors(), size);
        }
        for (int i = positions.length - 1; i >= 0; i--) {
            newest.add(positions[i]);
        }
        return new SuccessorCache(newest.oldestFirst());
    }

    /** Gathers positions from the newest to the oldest, until there is no more room. */
    private static final class Newest {
        private final int[] kept;
        private final int[] table;
        private int count;

        Newest(int capacity) {
            kept = new int[capacity];
            // Half empty at least, so that looking up ends soon.
            table = new int[Integer.highestOneBit(capacity) * 4];
            Arrays.fill(table, -1);
        }

        /** The next key is one entry on, so what followed goes before the neighbour itself. */
        void addAll(int[] neighbours, int successors, int size) {
            for (int i = 0; i < neighbours.length && count < kept.length; i++) {
                int last = (int) Math.min((long) neighbours[i] + successors, size - 1L);
                for (int position = neighbours[i] + 1; position <= last; position++) {
                    add(position);
                }
                add(neighbours[i]);
            }
        }

        void add(int position) {
            if (count == kept.length) {
                return;
            }
            int slot = position * 0x9E3779B9 >>> Integer.numberOfLeadingZeros(table.length - 1);
            while (table[slot] >= 0) {
                if (table[slot] == position) {
                    return;
                }
                slot = (slot + 1) % table.length;
            }
            table[slot] = position;
            kept[kept.length - ++count] = position;
        }

        int[] oldestFirst() {
            return Arrays.copyOfRange(kept, kept.length - count, kept.length);
        }
    }
}
