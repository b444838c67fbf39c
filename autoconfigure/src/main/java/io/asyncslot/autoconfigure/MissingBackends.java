package io.asyncslot.autoconfigure;

import io.asyncslot.spi.MissingBackend;
import java.util.Arrays;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.core.io.ClassPathResource;
import org.springframework.util.ClassUtils;

/**
 * Why AsyncSlot's own backends are not there: what their auto-configurations asked for and did not find. Thread-safe.
 *
 * @param beans the beans of the application
 */
record MissingBackends(ListableBeanFactory beans) {

    private static final String KERNEL_BACKEND = "io/asyncslot/kernel/KernelBackend.class";
    private static final int KERNEL_JAVA = 25;
    private static final String CLUSTER_BACKEND = "io.asyncslot.cluster.ClusterBackend";
    private static final String JDBC = "org.springframework.jdbc.datasource.DataSourceUtils";

    /** What is known of a backend that is not there; null if nothing. */
    @Nullable
    MissingBackend of(String backend) {
        return switch (backend) {
            case "kernel" ->
                kernel(
                        new ClassPathResource(KERNEL_BACKEND, loader()).exists(),
                        Runtime.version().feature());
            case "cluster" -> cluster();
            default -> null;
        };
    }

    /** The class is looked for as a file: an older Java cannot load it. */
    static MissingBackend kernel(boolean present, int java) {
        if (!present) {
            return new MissingBackend(
                    "asyncslot-kernel is not on the class path",
                    "Add io.asyncslot:asyncslot-kernel, which needs Java " + KERNEL_JAVA + ".");
        }
        return java < KERNEL_JAVA
                ? new MissingBackend(
                        "asyncslot-kernel needs Java " + KERNEL_JAVA + ", and this is Java " + java,
                        "Run the application on Java " + KERNEL_JAVA + " or later.")
                : excluded("KernelBackendAutoConfiguration");
    }

    private MissingBackend cluster() {
        if (!ClassUtils.isPresent(CLUSTER_BACKEND, loader())) {
            return new MissingBackend(
                    "asyncslot-cluster is not on the class path", "Add io.asyncslot:asyncslot-cluster.");
        }
        String[] sources = beans.getBeanNamesForType(DataSource.class, true, false);
        if (!ClassUtils.isPresent(JDBC, loader()) || sources.length == 0) {
            return new MissingBackend(
                    "it keeps its slots in the application's database, and there is no DataSource bean",
                    "Add spring-boot-starter-jdbc, the driver of PostgreSQL, and spring.datasource.url.");
        }
        return sources.length > 1
                ? new MissingBackend(
                        "there are " + sources.length + " DataSource beans, and none of them is the primary one: "
                                + Arrays.toString(sources),
                        "Mark the one for slots as @AsyncSlotDataSource, or one as @Primary.")
                : excluded("ClusterBackendAutoConfiguration");
    }

    private static MissingBackend excluded(String configuration) {
        return new MissingBackend(
                "its module is there, but not its bean", "Do not exclude " + configuration + ", or define the bean.");
    }

    private static @Nullable ClassLoader loader() {
        return MissingBackends.class.getClassLoader();
    }
}
