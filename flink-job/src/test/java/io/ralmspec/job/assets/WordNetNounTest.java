package io.ralmspec.job.assets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class WordNetNounTest {
    @Test
    void readsWordsDefinitionAndExamples() throws AssetException {
        WordNetNoun noun =
                WordNetNoun.parse(
                        "02814860 06 n 04 beacon 0 lighthouse 0 beacon_light 0 pharos 0 002 @"
                            + " 04467658 n 0000 ~ 04433905 n 0000 | a tower with a light; \"we saw"
                            + " it\"; \"it was far\"  ");

        assertThat(noun.id()).isEqualTo("wn31-n-02814860");
        assertThat(noun.title()).isEqualTo("beacon");
        assertThat(noun.pointers()).isEqualTo(2);
        assertThat(noun.text())
                .isEqualTo(
                        "Beacon: a tower with a light. Also called lighthouse, beacon light or"
                                + " pharos. For example: \"we saw it\"; \"it was far\".");
    }

    @Test
    void writesOneOtherWordWithoutAList() throws AssetException {
        WordNetNoun noun =
                WordNetNoun.parse(
                        "00000001 03 n 02 object 0 physical_object 0 000 | a thing; an entity  ");

        assertThat(noun.text())
                .isEqualTo("Object: a thing; an entity. Also called physical object.");
    }

    @Test
    void endsEverySentenceWithOneFullStop() throws AssetException {
        WordNetNoun noun =
                WordNetNoun.parse(
                        "00000001 03 n 02 state 0 U.S. 0 000 | a land, etc.; \"in the land of ...\""
                                + "  ");

        assertThat(noun.text())
                .isEqualTo(
                        "State: a land, etc. Also called U.S. For example: \"in the land of"
                                + " ...\".");
        assertThat(WordNetNoun.parse("00000001 03 n 01 skua 0 000 | jaegers:  ").text())
                .isEqualTo("Skua: jaegers.");
    }

    @Test
    void readsTheWordCountAsHexadecimal() throws AssetException {
        String words = "w 0 ".repeat(16);

        assertThat(WordNetNoun.parse("00000001 03 n 10 " + words + "000 | many  ").words())
                .hasSize(16);
    }

    @Test
    void knowsNamesByTheirCapitals() throws AssetException {
        assertThat(WordNetNoun.parse("00000001 15 n 01 New_York 0 000 | a city  ").isName())
                .isTrue();
        assertThat(WordNetNoun.parse("00000001 15 n 01 city 0 000 | a place  ").isName()).isFalse();
    }

    @Test
    void refusesALineOfAnotherForm() {
        assertThatThrownBy(() -> WordNetNoun.parse("00000001 03 n zz entity 0 000 | that"))
                .isInstanceOf(AssetException.class)
                .hasMessageStartingWith("`data.noun` must hold")
                .hasMessageEndingWith("(got another line at offset 00000001)");
        assertThatThrownBy(() -> WordNetNoun.parse("no bar")).isInstanceOf(AssetException.class);
        assertThatThrownBy(() -> WordNetNoun.parse("00000001 03 n 05 a 0 b 0 | that"))
                .isInstanceOf(AssetException.class);
    }
}
