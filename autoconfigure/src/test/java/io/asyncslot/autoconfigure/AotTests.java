package io.asyncslot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.springframework.aot.hint.predicate.RuntimeHintsPredicates.reflection;

import io.asyncslot.actuate.AsyncSlotsDescriptor;
import io.asyncslot.actuate.AsyncSlotsEndpointWebExtension;
import io.asyncslot.actuate.SlotActionDescriptor;
import io.asyncslot.actuate.SlotDescriptor;
import io.asyncslot.actuate.SlotMapActionDescriptor;
import io.asyncslot.actuate.SlotMapSlotsDescriptor;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.annotation.WorkSlot;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.GeneratedFiles.Kind;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.web.WebEndpointAutoConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.javapoet.ClassName;

/** What processing ahead of time finds out about an application with slots, for a native image of it. */
class AotTests {

    private final InMemoryGeneratedFiles files = new InMemoryGeneratedFiles();
    private final DefaultGenerationContext generation =
            new DefaultGenerationContext(new ClassNameGenerator(ClassName.get(AotTests.class)), files);
    private final RuntimeHints hints = generation.getRuntimeHints();

    @BeforeEach
    void process() {
        AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
        TestPropertyValues.of("management.endpoints.web.exposure.include=*", "asyncslot.task-scheduler.enabled=true")
                .applyTo(context);
        context.register(Application.class);
        new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
        generation.writeGeneratedContent();
        context.close();
    }

    @Test
    void callbacksTriggersAndFallbacks_mayBeCalledByReflection() throws NoSuchMethodException {
        assertCalled(Index.class, true, "reindex", Long.class);
        assertCalled(Index.class, true, "failed", Throwable.class, Long.class);
        assertCalled(Index.class, false, "unrelated");
        assertCalled(Sessions.class, true, "expired", String.class);
        assertCalled(Sessions.class, true, "request", String.class);
    }

    private void assertCalled(Class<?> type, boolean called, String name, Class<?>... parameters)
            throws NoSuchMethodException {
        assertThat(reflection()
                        .onMethodInvocation(type.getDeclaredMethod(name, parameters))
                        .test(hints))
                .as("a hint to call " + name)
                .isEqualTo(called);
    }

    @Test
    void triggeredBean_isProxiedAheadOfTime() {
        assertThat(files.getGeneratedFiles(Kind.CLASS).keySet())
                .anyMatch(name -> name.contains("AotTests$Sessions$$SpringCGLIB"));
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                AsyncSlotsDescriptor.class,
                SlotDescriptor.class,
                SlotMapSlotsDescriptor.class,
                SlotActionDescriptor.class,
                SlotMapActionDescriptor.class,
                AsyncSlotsEndpointWebExtension.Problem.class
            })
    void bodiesOfTheEndpoint_mayBeWrittenAsJson(Class<?> body) {
        assertThat(reflection().onType(body).withMemberCategory(MemberCategory.INVOKE_DECLARED_CONSTRUCTORS))
                .as(body.getSimpleName())
                .accepts(hints);
        for (var component : body.getRecordComponents()) {
            assertThat(reflection().onMethodInvocation(component.getAccessor()))
                    .as(component.toString())
                    .accepts(hints);
        }
    }

    @Test
    void properties_areBound() {
        assertThat(reflection()
                        .onConstructorInvocation(AsyncSlotProperties.class.getDeclaredConstructors()[0]))
                .accepts(hints);
        assertThat(hints.reflection().getTypeHint(io.asyncslot.spring.SlotMapSettings.class))
                .isNotNull();
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        AsyncSlotAutoConfiguration.class,
        AsyncSlotTaskSchedulerAutoConfiguration.class,
        AsyncSlotEndpointAutoConfiguration.class,
        AopAutoConfiguration.class,
        EndpointAutoConfiguration.class,
        WebEndpointAutoConfiguration.class
    })
    static class Application {
        @Bean
        Sessions sessions() {
            return new Sessions();
        }

        @Bean
        Index index() {
            return new Index();
        }
    }

    static class Sessions {

        @TimerSlot(map = "session", delay = "30m")
        void expired(String id) {}

        @StartSlot(map = "session", key = "#id")
        public void request(String id) {}
    }

    /** Has no triggers, and so no proxy that would bring hints for all methods. */
    static class Index {

        @WorkSlot(map = "reindex", fallback = "failed")
        void reindex(Long id) {}

        void failed(Throwable failure, Long id) {}

        void unrelated() {}
    }
}
