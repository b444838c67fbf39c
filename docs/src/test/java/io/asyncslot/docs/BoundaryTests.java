package io.asyncslot.docs;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.backend.Log;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The boundary around what is no API of the core, over all published modules: on the class path no compiler looks after it. Who
 * uses modules meets the same boundary as a compiler's error.
 */
class BoundaryTests {

    private static final JavaClasses PUBLISHED = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.asyncslot");

    private static final ModuleDescriptor CORE = core();

    /** Packages that are exported to some of our modules, with the names of these. */
    private static final Map<String, Set<String>> INTERNAL = CORE.exports().stream()
            .filter(ModuleDescriptor.Exports::isQualified)
            .collect(Collectors.toMap(ModuleDescriptor.Exports::source, ModuleDescriptor.Exports::targets));

    @Test
    void internals_areReachedByThoseTheyAreExportedTo() {
        assertThat(INTERNAL).containsOnlyKeys("io.asyncslot.backend", "io.asyncslot.core");
        List<String> trespasses = PUBLISHED.stream()
                .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                .filter(use -> INTERNAL.containsKey(use.getTargetClass().getPackageName()))
                .filter(use -> !moduleOf(use.getOriginClass()).equals(CORE.name()))
                .filter(use ->
                        !INTERNAL.get(use.getTargetClass().getPackageName()).contains(moduleOf(use.getOriginClass())))
                .map(Dependency::getDescription)
                .toList();
        assertThat(trespasses).isEmpty();
    }

    @Test
    void modulesThatInternalsAreExportedTo_useThem() {
        Set<String> users = PUBLISHED.stream()
                .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                .filter(use -> INTERNAL.containsKey(use.getTargetClass().getPackageName()))
                .map(use -> use.getTargetClass().getPackageName() + " to " + moduleOf(use.getOriginClass()))
                .collect(Collectors.toSet());
        INTERNAL.forEach(
                (source, targets) -> targets.forEach(target -> assertThat(users).contains(source + " to " + target)));
    }

    @Test
    void internalTypes_arePublicOnlyForOtherPackages() {
        List<String> needless = PUBLISHED.stream()
                .filter(type -> INTERNAL.containsKey(type.getPackageName()))
                .filter(type -> type.isTopLevelClass() && type.getModifiers().contains(JavaModifier.PUBLIC))
                .filter(type -> type.getDirectDependenciesToSelf().stream()
                        .allMatch(use -> use.getOriginClass().getPackageName().equals(type.getPackageName())))
                .map(JavaClass::getName)
                .toList();
        assertThat(needless).as("public types that no other package uses").isEmpty();
    }

    /** {@code Log} cannot fail its caller; the modules for Spring have Spring's own logging. */
    @Test
    void platformsLogger_isAskedByOneClass() {
        Set<String> users = PUBLISHED.stream()
                .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                .filter(use -> use.getTargetClass().getName().startsWith("java.lang.System$Logger")
                        || use.getTargetClass().getPackageName().equals("java.util.logging"))
                .map(use -> use.getOriginClass().getName())
                .collect(Collectors.toSet());
        assertThat(users).containsExactly(Log.class.getName());
    }

    /** The face makes a node and a store; a node knows the store's interface alone, and so does each kind of database. */
    @Test
    void roomsOfTheCluster_pointOneWay() {
        layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage("io.asyncslot.cluster..")
                .layer("store")
                .definedBy("io.asyncslot.cluster.store")
                .layer("jdbc")
                .definedBy("io.asyncslot.cluster.jdbc")
                .layer("postgres")
                .definedBy("io.asyncslot.cluster.postgres")
                .layer("rows")
                .definedBy("io.asyncslot.cluster.rows")
                .layer("h2")
                .definedBy("io.asyncslot.cluster.h2")
                .layer("node")
                .definedBy("io.asyncslot.cluster.node")
                .layer("face")
                .definedBy("io.asyncslot.cluster")
                .layer("spring")
                .definedBy("io.asyncslot.cluster.spring")
                .whereLayer("store")
                .mayNotAccessAnyLayer()
                .whereLayer("jdbc")
                .mayOnlyAccessLayers("store")
                .whereLayer("postgres")
                .mayOnlyAccessLayers("store", "jdbc")
                .whereLayer("rows")
                .mayOnlyAccessLayers("store")
                .whereLayer("h2")
                .mayOnlyAccessLayers("store", "jdbc", "rows")
                .whereLayer("node")
                .mayOnlyAccessLayers("store")
                .whereLayer("face")
                .mayOnlyAccessLayers("store", "jdbc", "postgres", "h2", "node")
                .whereLayer("spring")
                .mayOnlyAccessLayers("store", "jdbc", "face")
                .ensureAllClassesAreContainedInArchitectureIgnoring(DescribedPredicate.<JavaClass>describe(
                        "outside the cluster", type -> !type.getPackageName().startsWith("io.asyncslot.cluster")))
                .check(PUBLISHED);
    }

    /** What a store is says nothing of how it is reached: a third one need not have JDBC. */
    @Test
    void storeAndNodeOfTheCluster_knowNoJdbc() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.asyncslot.cluster.store", "io.asyncslot.cluster.rows", "io.asyncslot.cluster.node")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.sql..", "javax.sql..", "org.postgresql..", "com.zaxxer..", "org.springframework..")
                .check(PUBLISHED);
    }

    private static String moduleOf(JavaClass type) {
        String name = type.getPackageName();
        if (CORE.packages().contains(name)) {
            return CORE.name();
        }
        for (String module : List.of("kernel", "cluster", "dashboard", "test")) {
            if ((name + ".").startsWith("io.asyncslot." + module + ".")) {
                return "io.asyncslot." + module;
            }
        }
        return "io.asyncslot.autoconfigure";
    }

    private static ModuleDescriptor core() {
        try {
            Path place = Path.of(AsyncSlotRegistry.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return ModuleFinder.of(place)
                    .find("io.asyncslot.core")
                    .orElseThrow()
                    .descriptor();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }
}
