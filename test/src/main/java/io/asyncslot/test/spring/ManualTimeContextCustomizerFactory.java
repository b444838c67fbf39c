package io.asyncslot.test.spring;

import io.asyncslot.test.AsyncSlotTest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;
import org.springframework.test.context.TestContextAnnotationUtils;

/** Gives manual time to the contexts of tests that are marked with {@link AsyncSlotTest}. Found by Spring. */
public final class ManualTimeContextCustomizerFactory implements ContextCustomizerFactory {

    /** Made by Spring. */
    public ManualTimeContextCustomizerFactory() {}

    @Override
    public @Nullable ContextCustomizer createContextCustomizer(
            Class<?> testClass, List<ContextConfigurationAttributes> attributes) {
        return TestContextAnnotationUtils.hasAnnotation(testClass, AsyncSlotTest.class)
                ? new ManualTimeContextCustomizer()
                : null;
    }
}
