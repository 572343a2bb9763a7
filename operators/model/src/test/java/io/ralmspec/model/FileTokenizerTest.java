package io.ralmspec.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileTokenizerTest {
    private static final String TEXT = "Who  made\nthe “star” — 星 😀 é?\t17 ,  . ";

    @TempDir Path temp;

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-growing", "opt-growing", "llama-growing"})
    void textComesBackAsItWas(String name) {
        try (FileTokenizer tokenizer = open(name)) {
            assertThat(tokenizer.decode(tokenizer.encode(TEXT))).isEqualTo(TEXT);
            assertThat(tokenizer.encode("")).isEmpty();
            assertThat(tokenizer.decode(new int[0])).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-growing", "opt-growing", "llama-growing"})
    void anIncompleteCharacterShowsAsReplacement(String name) {
        try (FileTokenizer tokenizer = open(name)) {
            int[] tokens = tokenizer.encode("river 星");
            String cut = tokenizer.decode(java.util.Arrays.copyOf(tokens, tokens.length - 1));
            assertThat(cut).startsWith("river").endsWith("\uFFFD");
        }
    }

    @Test
    void longTextIsNotTruncatedAndShortTextNotPadded() {
        // This file asks for 16 tokens, and the library itself for 512.
        try (FileTokenizer tokenizer = FileTokenizer.open(TestDirectories.resource("encoder"))) {
            assertThat(tokenizer.encode("river ".repeat(3000))).hasSize(3000);
            assertThat(tokenizer.encode("river")).hasSize(1);
        }
    }

    @Test
    void specialTokensAreNeitherAddedNorShown() {
        try (FileTokenizer tokenizer = open("llama-growing")) {
            assertThat(tokenizer.encode("a")).doesNotContain(1);
            int[] tokens = {1, tokenizer.encode("river")[0], 2};
            assertThat(tokenizer.decode(tokens)).isEqualTo("river");
            assertThat(tokenizer.templatePrefix()).containsExactly(1);
        }
        try (FileTokenizer tokenizer = open("opt-growing")) {
            assertThat(tokenizer.templatePrefix()).containsExactly(2);
        }
        try (FileTokenizer tokenizer = open("gpt2-growing")) {
            assertThat(tokenizer.templatePrefix()).isEmpty();
        }
    }

    @Test
    void manyThreadsShareIt() throws Exception {
        try (FileTokenizer tokenizer = open("gpt2-growing");
                ExecutorService pool = Executors.newFixedThreadPool(4)) {
            int[] expected = tokenizer.encode(TEXT);
            List<Future<int[]>> all = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                all.add(pool.submit(() -> tokenizer.encode(TEXT)));
            }
            for (Future<int[]> one : all) {
                assertThat(one.get()).isEqualTo(expected);
            }
        }
    }

    @Test
    void loadsUnderAForeignContextClassLoader() {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        ClassLoader platform = ClassLoader.getPlatformClassLoader();
        Thread.currentThread().setContextClassLoader(platform);
        try (FileTokenizer tokenizer = open("gpt2-growing")) {
            assertThat(tokenizer.encode("river")).isNotEmpty();
            assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(platform);
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    @Test
    void aMissingFileIsNamed() {
        assertThatThrownBy(() -> FileTokenizer.open(temp.resolve("tokenizer.json")))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("tokenizer.json does not exist");
    }

    private static FileTokenizer open(String name) {
        return FileTokenizer.open(TestDirectories.resource("models/" + name));
    }
}
