package io.ralmspec.knowledge;

import java.util.Arrays;

/**
 * Finds ids that occur twice, in 8 to 32 bytes per id: it keeps 64-bit hashes alone. Among 20
 * million ids, the chance that any two share a hash is about 1 in 100,000.
 */
final class IdSet {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    // 0 marks a free slot.
    private long[] slots = new long[1 << 12];
    private int size;

    /** False if the id was there already. */
    boolean add(String id) {
        if (2L * size >= slots.length) {
            grow();
        }
        if (!insert(slots, hash(id))) {
            return false;
        }
        size++;
        return true;
    }

    private void grow() {
        long[] larger = new long[Math.multiplyExact(slots.length, 2)];
        Arrays.stream(slots).filter(hash -> hash != 0).forEach(hash -> insert(larger, hash));
        slots = larger;
    }

    private static boolean insert(long[] slots, long hash) {
        int mask = slots.length - 1;
        int slot = (int) hash & mask;
        while (slots[slot] != 0) {
            if (slots[slot] == hash) {
                return false;
            }
            slot = (slot + 1) & mask;
        }
        slots[slot] = hash;
        return true;
    }

    private static long hash(String id) {
        long hash = FNV_OFFSET;
        for (int i = 0; i < id.length(); i++) {
            hash = (hash ^ id.charAt(i)) * FNV_PRIME;
        }
        // FNV leaves the low bits of similar ids related; this spreads them.
        hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
        hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
        hash ^= hash >>> 33;
        return hash == 0 ? 1 : hash;
    }
}
