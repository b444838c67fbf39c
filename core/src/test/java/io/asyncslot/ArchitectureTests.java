package io.asyncslot;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.asyncslot.spi.SystemTicker;
import java.time.Clock;
import java.time.temporal.TemporalAccessor;
import java.util.Date;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What may depend on what in this module, and the calls that only one place may make. */
class ArchitectureTests {

    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.asyncslot");

    @Test
    void packages_pointOneWay() {
        layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage("io.asyncslot..")
                .layer("api")
                .definedBy("io.asyncslot")
                .layer("spi")
                .definedBy("io.asyncslot.spi")
                .layer("backend")
                .definedBy("io.asyncslot.backend")
                .layer("core")
                .definedBy("io.asyncslot.core")
                .layer("jvm")
                .definedBy("io.asyncslot.jvm")
                .layer("registry")
                .definedBy("io.asyncslot.registry")
                .layer("scheduling")
                .definedBy("io.asyncslot.scheduling")
                .whereLayer("api")
                .mayNotAccessAnyLayer()
                .whereLayer("spi")
                .mayOnlyAccessLayers("api")
                .whereLayer("backend")
                .mayOnlyAccessLayers("api", "spi")
                .whereLayer("core")
                .mayOnlyAccessLayers("api", "spi", "backend")
                .whereLayer("jvm")
                .mayOnlyAccessLayers("api", "spi", "backend", "core")
                .whereLayer("registry")
                .mayOnlyAccessLayers("api", "spi", "backend", "core", "jvm")
                .whereLayer("scheduling")
                .mayOnlyAccessLayers("api", "spi")
                .ensureAllClassesAreContainedInArchitecture()
                .check(MAIN);
    }

    @Test
    void packages_haveNoCycles() {
        slices().matching("(**)").should().beFreeOfCycles().check(MAIN);
    }

    @Test
    void module_knowsNoFramework() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "io.asyncslot..", "org.jspecify.annotations..", "org.HdrHistogram..")
                .because("core is for every JVM application, with Spring or without")
                .check(MAIN);
    }

    @Test
    void clocks_areReadBySystemTickerOnly() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName(SystemTicker.class.getName())
                .should()
                .accessTargetWhere(describe("reads a clock", ArchitectureTests::readsClock))
                .because("time is injected as a Ticker, or a simulator could not run this code")
                .check(MAIN);
    }

    @Test
    void threads_neverSleep() {
        noClasses()
                .should()
                .accessTargetWhere(calls(Thread.class, Set.of("sleep")).or(calls(TimeUnit.class, Set.of("sleep"))))
                .because("a sleeping thread can neither be told of an earlier deadline nor be simulated")
                .check(MAIN);
    }

    @Test
    void jdkInternals_areNotUsed() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("sun..", "jdk.internal..")
                .because("shared fields are accessed through VarHandles, and Unsafe is about to go")
                .check(MAIN);
    }

    private static boolean readsClock(JavaAccess<?> access) {
        if (!(access.getTarget() instanceof CodeUnitAccessTarget target)) {
            return false;
        }
        String name = target.getName();
        if (target.getOwner().isEquivalentTo(System.class)) {
            return name.equals("nanoTime") || name.equals("currentTimeMillis");
        }
        if (target.getOwner().isEquivalentTo(Date.class)) {
            return name.equals("<init>") && target.getRawParameterTypes().isEmpty();
        }
        if (target.getOwner().isAssignableTo(Clock.class)) {
            return name.startsWith("system") || name.startsWith("tick");
        }
        return target.getOwner().isAssignableTo(TemporalAccessor.class)
                && name.equals("now")
                && target.getRawParameterTypes().stream().noneMatch(type -> type.isEquivalentTo(Clock.class));
    }

    private static DescribedPredicate<JavaAccess<?>> calls(Class<?> owner, Set<String> names) {
        return describe(
                "calls " + owner.getSimpleName() + " " + names,
                access -> access.getTarget().getOwner().isEquivalentTo(owner)
                        && names.contains(access.getTarget().getName()));
    }
}
