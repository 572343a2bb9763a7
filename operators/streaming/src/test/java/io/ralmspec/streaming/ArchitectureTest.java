package io.ralmspec.streaming;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The operators know the algorithm and Flink, and nothing of models, indexes or Kafka. */
@AnalyzeClasses(
        packages = "io.ralmspec.streaming",
        importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule dependsOnDecodingAndFlinkOnly =
            classes()
                    .should()
                    .onlyDependOnClassesThat()
                    .resideInAnyPackage(
                            "io.ralmspec.streaming",
                            "io.ralmspec.decoding..",
                            "java..",
                            "org.apache.flink..",
                            "org.slf4j",
                            "org.jspecify.annotations");
}
