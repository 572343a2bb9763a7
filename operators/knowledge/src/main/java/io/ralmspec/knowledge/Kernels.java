package io.ralmspec.knowledge;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Picks the kernel once per JVM. All give the same bits, so this is about speed alone. */
final class Kernels {
    private static final Logger LOG = LoggerFactory.getLogger(Kernels.class);
    private static final String MODULE = "jdk.incubator.vector";
    private static final ScoreKernel BEST = choose();

    private Kernels() {}

    static ScoreKernel best() {
        return BEST;
    }

    private static ScoreKernel choose() {
        if (ModuleLayer.boot().findModule(MODULE).isPresent()) {
            try {
                // The only mention of VectorKernel: without the module it must not be loaded.
                ScoreKernel kernel = new VectorKernel();
                LOG.info("Dense search uses the {} kernel", kernel.name());
                return kernel;
            } catch (LinkageError e) {
                LOG.warn("Module {} is present but unusable", MODULE, e);
            }
        }
        LOG.warn(
                "Dense search uses the plain kernel, about half as fast: start the JVM with"
                        + " --add-modules {}",
                MODULE);
        return new PlainKernel();
    }
}
