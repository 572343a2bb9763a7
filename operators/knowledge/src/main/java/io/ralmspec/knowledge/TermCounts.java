package io.ralmspec.knowledge;

import java.util.Arrays;

/**
 * How often each term occurs in one document: a hash table that is never more than half full, so
 * that a look-up touches one or two cache lines. Hashes find a term, its characters decide.
 * Immutable.
 */
final class TermCounts {
    private final Table table;
    private final long norm;

    /**
     * @param norm the document's length as the index keeps it: rounded to one byte
     */
    TermCounts(String text, long norm) {
        table = new Table();
        Bm25Text.forEachTerm(text, table::add);
        table.trim();
        this.norm = norm;
    }

    long norm() {
        return norm;
    }

    /**
     * 0 where the term does not occur.
     *
     * @param hash that of {@code term}
     */
    int count(char[] term, int hash) {
        int index = table.slots[table.find(term, term.length, hash) + 1];
        return index == 0 ? 0 : table.counts[index - 1];
    }

    /** The hash of the first {@code length} characters. */
    static int hash(char[] term, int length) {
        int hash = 0;
        for (int i = 0; i < length; i++) {
            hash = 31 * hash + term[i];
        }
        // Spreads them over the high bits, which choose the slot.
        return hash * 0x9E3779B9;
    }

    /** Terms in order of first occurrence, and slots that lead to them. */
    private static final class Table {
        private static final int FIRST_SLOTS = 128;

        // Pairs: hash, then 1 + the term's index or 0 where free.
        private int[] slots = new int[2 * FIRST_SLOTS];
        private int shift = Integer.numberOfLeadingZeros(FIRST_SLOTS - 1);
        private int size;
        private int[] counts = new int[FIRST_SLOTS / 2];
        // Term i is [ends[i - 1], ends[i]) of the characters.
        private int[] ends = new int[FIRST_SLOTS / 2];
        private char[] characters = new char[FIRST_SLOTS * 4];

        void add(char[] term, int length) {
            int hash = hash(term, length);
            int slot = find(term, length, hash);
            if (slots[slot + 1] != 0) {
                counts[slots[slot + 1] - 1]++;
                return;
            }
            if (size == counts.length) {
                grow();
                slot = find(term, length, hash);
            }
            int from = start(size);
            int end = Math.addExact(from, length);
            if (end > characters.length) {
                characters = Arrays.copyOf(characters, Math.max(end, 2 * characters.length));
            }
            System.arraycopy(term, 0, characters, from, length);
            ends[size] = end;
            counts[size++] = 1;
            slots[slot] = hash;
            slots[slot + 1] = size;
        }

        /** The term's slot, or the free one where it would be. */
        int find(char[] term, int length, int hash) {
            int mask = slots.length - 1;
            int slot = hash >>> shift << 1;
            while (slots[slot + 1] != 0
                    && (slots[slot] != hash || !holds(slots[slot + 1] - 1, term, length))) {
                slot = slot + 2 & mask;
            }
            return slot;
        }

        void trim() {
            counts = Arrays.copyOf(counts, size);
            ends = Arrays.copyOf(ends, size);
            characters = Arrays.copyOf(characters, start(size));
        }

        private boolean holds(int index, char[] term, int length) {
            int from = start(index);
            return Arrays.equals(characters, from, ends[index], term, 0, length);
        }

        private int start(int index) {
            return index == 0 ? 0 : ends[index - 1];
        }

        private void grow() {
            int[] old = slots;
            slots = new int[Math.multiplyExact(2, old.length)];
            shift--;
            counts = Arrays.copyOf(counts, slots.length / 4);
            ends = Arrays.copyOf(ends, slots.length / 4);
            int mask = slots.length - 1;
            for (int i = 0; i < old.length; i += 2) {
                if (old[i + 1] != 0) {
                    int slot = old[i] >>> shift << 1;
                    while (slots[slot + 1] != 0) {
                        slot = slot + 2 & mask;
                    }
                    slots[slot] = old[i];
                    slots[slot + 1] = old[i + 1];
                }
            }
        }
    }
}
