package io.ralmspec.knowledge;

/**
 * One document of the corpus.
 *
 * @param id unique and not empty
 * @param title may be empty
 * @param text not blank
 */
record Passage(String id, String title, String text) {
    /** What is searched: sparse and dense retrieval see the same text. */
    String indexedText() {
        return title.isEmpty() ? text : title + "\n" + text;
    }
}
