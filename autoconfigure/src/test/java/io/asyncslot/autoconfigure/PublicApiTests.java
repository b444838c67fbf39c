package io.asyncslot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaParameter;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.assertj.core.api.Assert;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The public types as other languages and tools see them: nullness said everywhere, lambdas where Kotlin wants them. */
class PublicApiTests {

    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.asyncslot");

    @Test
    void packages_areNullMarked() {
        TreeSet<String> unmarked = new TreeSet<>();
        TreeSet<String> packages = new TreeSet<>();
        for (JavaClass type : MAIN) {
            packages.add(type.getPackageName());
            if (!type.getPackage().isAnnotatedWith(NullMarked.class)) {
                unmarked.add(type.getPackageName());
            }
        }
        assertThat(packages).contains("io.asyncslot", "io.asyncslot.core", "io.asyncslot.spring", "io.asyncslot.test");
        assertThat(unmarked).isEmpty();
    }

    /** Where a lambda is not the last parameter, it cannot be written in braces behind the call. */
    @Test
    void functionalParameters_comeLast() {
        List<String> wrong = new ArrayList<>();
        for (JavaMethod method : publicMethods()) {
            if (!List.of("io.asyncslot", "io.asyncslot.registry", "io.asyncslot.test")
                    .contains(method.getOwner().getPackageName())) {
                continue; // what applications do not call
            }
            boolean functionBefore = false;
            for (JavaParameter parameter : method.getParameters()) {
                boolean function = isOurFunction(parameter.getRawType());
                if (functionBefore && !function && !isFunction(parameter.getRawType())) {
                    wrong.add(method.getFullName());
                }
                functionBefore |= function;
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** Two overloads that differ in the functional interface only: a lambda fits both, and no compiler can choose. */
    @Test
    void overloads_doNotDifferInFunctionsOnly() {
        List<String> clashes = publicMethods().stream()
                .filter(method -> !method.getOwner().isAssignableTo(ExecutorService.class)) // the JDK's own overloads
                .collect(Collectors.groupingBy(PublicApiTests::shape))
                .entrySet()
                .stream()
                .filter(same -> same.getValue().size() > 1)
                .map(same -> same.getKey() + ": " + same.getValue())
                .toList();
        assertThat(clashes).isEmpty();
    }

    /** Names that are words of Kotlin could only be called in backquotes. */
    @Test
    void names_areNoWordsOfKotlin() {
        List<String> words = List.of("in", "is", "as", "object", "fun", "val", "var", "when", "typealias");
        assertThat(publicMethods().stream()
                        .filter(method -> !method.getOwner().isAssignableTo(Assert.class)) // AssertJ's own style
                        .filter(method -> words.contains(method.getName())))
                .isEmpty();
        assertThat(MAIN.stream().map(JavaClass::getPackageName).toList())
                .allSatisfy(name -> assertThat(List.of(name.split("\\."))).doesNotContainAnyElementsOf(words));
    }

    private static List<JavaMethod> publicMethods() {
        List<JavaMethod> methods = MAIN.stream()
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                .flatMap(type -> type.getMethods().stream())
                .filter(method -> method.getModifiers().contains(JavaModifier.PUBLIC))
                .filter(method -> !method.getModifiers().contains(JavaModifier.SYNTHETIC))
                .filter(method -> !method.getModifiers().contains(JavaModifier.BRIDGE))
                .toList();
        assertThat(methods).hasSizeGreaterThan(100);
        return methods;
    }

    private static String shape(JavaMethod method) {
        Function<JavaParameter, String> described = parameter -> isFunction(parameter.getRawType())
                ? "a function"
                : parameter.getRawType().getName();
        return method.getOwner().getName() + "." + method.getName()
                + method.getParameters().stream().map(described).toList();
    }

    private static boolean isOurFunction(JavaClass type) {
        return type.getPackageName().startsWith("io.asyncslot") && isFunction(type);
    }

    private static boolean isFunction(JavaClass type) {
        return type.isAnnotatedWith(FunctionalInterface.class) || type.getName().equals(Runnable.class.getName());
    }
}
