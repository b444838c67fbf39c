package io.asyncslot.kernel.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/** What a native image has to take along. */
class KernelRuntimeHintsTests {

    @Test
    void everyBpfObject_isTakenAlong() throws IOException {
        RuntimeHints hints = new RuntimeHints();
        new KernelRuntimeHints().registerHints(hints, getClass().getClassLoader());
        List<String> objects = Arrays.stream(
                        new PathMatchingResourcePatternResolver().getResources("classpath*:io/asyncslot/kernel/*.o"))
                .map(Resource::getFilename)
                .toList();
        assertThat(objects)
                .hasSizeGreaterThanOrEqualTo(2)
                .allSatisfy(
                        name -> assertThat(RuntimeHintsPredicates.resource().forResource("io/asyncslot/kernel/" + name))
                                .accepts(hints));
        assertThat(RuntimeHintsPredicates.resource().forResource("io/asyncslot/kernel/other.txt"))
                .rejects(hints);
    }

    @Test
    void autoConfiguration_bringsThem() {
        assertThat(KernelBackendAutoConfiguration.class
                        .getAnnotation(ImportRuntimeHints.class)
                        .value())
                .containsExactly(KernelRuntimeHints.class);
    }
}
