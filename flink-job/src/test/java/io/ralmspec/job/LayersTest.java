package io.ralmspec.job;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may know whom. Maven's edges say most of it; this says the rest. */
@AnalyzeClasses(
        packages = "io.ralmspec",
        importOptions = {ImportOption.DoNotIncludeTests.class})
class LayersTest {
    @ArchTest
    static final ArchRule edgesPointTowardsDecoding =
            layeredArchitecture()
                    .consideringOnlyDependenciesInLayers()
                    .layer("decoding")
                    .definedBy("io.ralmspec.decoding..")
                    .layer("model")
                    .definedBy("io.ralmspec.model..")
                    .layer("knowledge")
                    .definedBy("io.ralmspec.knowledge..")
                    .layer("streaming")
                    .definedBy("io.ralmspec.streaming..")
                    .layer("kafka")
                    .definedBy("io.ralmspec.kafka..")
                    .layer("job")
                    .definedBy("io.ralmspec.job..")
                    .whereLayer("job")
                    .mayNotBeAccessedByAnyLayer()
                    .whereLayer("streaming")
                    .mayOnlyBeAccessedByLayers("job")
                    .whereLayer("kafka")
                    .mayOnlyBeAccessedByLayers("job")
                    .whereLayer("model")
                    .mayOnlyBeAccessedByLayers("job")
                    .whereLayer("knowledge")
                    .mayOnlyBeAccessedByLayers("job");

    @ArchTest
    static final ArchRule modelKnowledgeAndRecordsDoNotKnowFlink =
            noClasses()
                    .that()
                    .resideInAnyPackage(
                            "io.ralmspec.model..", "io.ralmspec.knowledge..", "io.ralmspec.kafka..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("org.apache.flink..");

    @ArchTest
    static final ArchRule onlyRecordsAndJobKnowKafka =
            noClasses()
                    .that()
                    .resideOutsideOfPackages("io.ralmspec.kafka..", "io.ralmspec.job..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("org.apache.kafka..", "kafka..");

    @ArchTest
    static final ArchRule onlyTheEmbeddedBrokerKnowsTheBroker =
            noClasses()
                    .that()
                    .doNotHaveFullyQualifiedName("io.ralmspec.job.local.EmbeddedBroker")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("kafka..", "org.apache.kafka.metadata..");

    @ArchTest
    static final ArchRule theTopologyDoesNotKnowItsTools =
            noClasses()
                    .that()
                    .resideInAPackage("io.ralmspec.job")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            "io.ralmspec.job.bench..",
                            "io.ralmspec.job.cli..",
                            "io.ralmspec.job.client..",
                            "io.ralmspec.job.load..",
                            "io.ralmspec.job.local..",
                            "io.ralmspec.job.quickstart..",
                            "io.ralmspec.job.assets..");
}
