package io.ralmspec.knowledge;

import java.util.Arrays;

/**
 * How often each term occurs in one document: a hash table that is never more than half full. A
 * term that does not occur, as most that are asked for, is told by one byte of a small array; where
 * that byte fits, the characters decide. Immutable.
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
        int slot = table.find(term, term.length, hash);
        return table.tags[slot] == 0 ? 0 : table.counts[table.terms[slot]];
    }

    /** The hash of the first {@code length} characters. */
    static int hash(char[] term, int length) {
        int hash = 0;
        for (int i = 0; i < length; i++) {
            hash = 31 * hash + term[i];
        }
        // Spreads them over the high bits, which choose the slot.
        hash *= 0x9E3779B9;
        return hash ^ hash >>> 15;
    }

    /** Terms in order of first occurrence, and slots that lead to them. */
    private static final class Table {
        private static final int FIRST_SLOTS = 128;

        // 0 marks a free slot, else the low bits of the hash.
        private byte[] tags = new byte[FIRST_SLOTS];
        private int[] terms = new int[FIRST_SLOTS];
        private int shift = Integer.numberOfLeadingZeros(FIRST_SLOTS - 1);
        private int size;
        private int[] counts = new int[FIRST_SLOTS / 2];
        // Term i is [ends[i - 1], ends[i]) of the characters.
        private int[] ends = new int[FIRST_SLOTS / 2];
        private char[] characters = new char[FIRST_SLOTS * 4];

        void add(char[] term, int length) {
            int hash = hash(term, length);
            int slot = find(term, length, hash);
            if (tags[slot] != 0) {
                counts[terms[slot]]++;
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
            counts[size] = 1;
            tags[slot] = tag(hash);
            terms[slot] = size++;
        }

        /** The term's slot, or the free one where it would be. */
        int find(char[] term, int length, int hash) {
            byte tag = tag(hash);
            int slot = hash >>> shift;
            while (tags[slot] != 0 && (tags[slot] != tag || !holds(terms[slot], term, length))) {
                slot = slot + 1 & tags.length - 1;
            }
            return slot;
        }

        void trim() {
            counts = Arrays.copyOf(counts, size);
            ends = Arrays.copyOf(ends, size);
            characters = Arrays.copyOf(characters, start(size));
        }

        private static byte tag(int hash) {
            byte low = (byte) hash;
            return low == 0 ? 1 : low;
        }

        private boolean holds(int index, char[] term, int length) {
            return Arrays.equals(characters, start(index), ends[index], term, 0, length);
        }

        private int start(int index) {
            return index == 0 ? 0 : ends[index - 1];
        }

        private void grow() {
            int slots = Math.multiplyExact(2, tags.length);
            tags = new byte[slots];
            terms = new int[slots];
            shift--;
            counts = Arrays.copyOf(counts, slots / 2);
            ends = Arrays.copyOf(ends, slots / 2);
            for (int index = 0; index < size; index++) {
                char[] term = Arrays.copyOfRange(characters, start(index), ends[index]);
                int hash = hash(term, term.length);
                int slot = find(term, term.length, hash);
                tags[slot] = tag(hash);
                terms[slot] = index;
            }
        }
    }
}
