package io.ralmspec.decoding;

import java.util.Arrays;
import java.util.Optional;

/** What sets the speculation stride. The wire name is what requests and options say. */
public enum StrideRule {
    /** A number given with the request. */
    FIXED("fixed"),
    /** The optimal speculation stride scheduler (paper section 4: OS3), which may be 1. */
    OS3("os3"),
    /** No rounds: whenever no verification is out, all unverified lookups are sent. Ours. */
    CONTINUOUS("continuous");

    private final String wireName;

    StrideRule(String wireName) {
        this.wireName = wireName;
    }

    public String wireName() {
        return wireName;
    }

    public static Optional<StrideRule> ofWireName(String name) {
        return Arrays.stream(values()).filter(rule -> rule.wireName.equals(name)).findFirst();
    }
}
