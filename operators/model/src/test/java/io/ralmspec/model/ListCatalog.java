package io.ralmspec.model;

import io.ralmspec.decoding.DocumentCatalog;
import java.util.List;
import java.util.stream.StreamSupport;

/** Documents held in memory. */
record ListCatalog(List<String> titles, List<String> texts) implements DocumentCatalog {
    /** The documents that the expected tokens were computed with. */
    static ListCatalog expected() {
        var documents =
                StreamSupport.stream(
                                TestDirectories.json("models/expected.json")
                                        .get("documents")
                                        .spliterator(),
                                false)
                        .toList();
        return new ListCatalog(
                documents.stream().map(d -> d.get("title").asText()).toList(),
                documents.stream().map(d -> d.get("text").asText()).toList());
    }

    @Override
    public int size() {
        return titles.size();
    }

    @Override
    public String id(int document) {
        return "d" + document;
    }

    @Override
    public String title(int document) {
        return titles.get(document);
    }

    @Override
    public String text(int document) {
        return texts.get(document);
    }
}
