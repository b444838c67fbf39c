package io.asyncslot.autoconfigure;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaModifier.FINAL;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;

/** The conventions of Spring Boot that auto-configuration follows and that nothing else would notice. */
class ArchitectureTests {

    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.asyncslot");

    @Test
    void autoConfigurations_arePublicAndFinal() {
        classes()
                .that()
                .areAnnotatedWith(AutoConfiguration.class)
                .should()
                .bePublic()
                .andShould()
                .haveModifier(FINAL)
                .andShould()
                .haveSimpleNameEndingWith("AutoConfiguration")
                .check(MAIN);
    }

    @Test
    void autoConfigurations_areListedForImport() {
        List<String> written = MAIN.stream()
                .filter(type -> type.isAnnotatedWith(AutoConfiguration.class))
                .map(JavaClass::getName)
                .toList();
        List<String> listed =
                ImportCandidates.load(AutoConfiguration.class, getClass().getClassLoader()).getCandidates().stream()
                        .filter(name -> name.startsWith("io.asyncslot."))
                        .toList();

        assertThat(listed).isNotEmpty().containsExactlyInAnyOrderElementsOf(written);
    }

    @Test
    void beanMethods_arePackagePrivate() {
        methods()
                .that()
                .areAnnotatedWith(Bean.class)
                .should()
                .bePackagePrivate()
                .because("they are called by Spring and are no API")
                .check(MAIN);
    }

    @Test
    void postProcessors_comeFromStaticMethods() {
        methods()
                .that()
                .areAnnotatedWith(Bean.class)
                .and()
                .haveRawReturnType(
                        assignableTo(BeanPostProcessor.class).or(assignableTo(BeanFactoryPostProcessor.class)))
                .should()
                .beStatic()
                .because(
                        "an instance method makes its configuration class, and what that needs, too early to be processed")
                .check(MAIN);
    }

    @Test
    void dependencies_areConstructorOrMethodParameters() {
        noFields().should().beAnnotatedWith(Autowired.class).check(MAIN);
    }

    @Test
    void components_areNeverScanned() {
        noClasses()
                .should()
                .beMetaAnnotatedWith(ComponentScan.class)
                .because("auto-configuration comes into a context through its imports file only")
                .check(MAIN);
    }

    @Test
    void packages_haveNoCycles() {
        slices().matching("(**)").should().beFreeOfCycles().check(MAIN);
    }
}
