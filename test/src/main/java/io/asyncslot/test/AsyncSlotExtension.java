package io.asyncslot.test;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * The extension behind {@link AsyncSlotTest}. You can also register it yourself, with {@code @RegisterExtension} or
 * {@code @ExtendWith}: it then does the same for a test without Spring. Thread-safe: it keeps all its state in JUnit's
 * store.
 */
public final class AsyncSlotExtension implements BeforeEachCallback, AfterEachCallback, ParameterResolver {

    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(AsyncSlotExtension.class);

    private static final String SPRING = "org.springframework.test.context.junit.jupiter.SpringExtension";

    /** Made by JUnit. */
    public AsyncSlotExtension() {}

    @Override
    public void beforeEach(ExtensionContext context) {
        if (isSpringTest(context)) {
            deleteSlots(time(context).registry());
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        ManualTime own = context.getStore(NAMESPACE).remove(ManualTime.class, ManualTime.class);
        if (own != null) {
            own.close();
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return (type == ManualTime.class || type == AsyncSlotRegistry.class)
                && Arrays.stream(parameter.getParameter().getAnnotations())
                        .noneMatch(annotation ->
                                annotation.annotationType().getName().startsWith("org.springframework."));
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        ManualTime time = time(context);
        return parameter.getParameter().getType() == ManualTime.class ? time : time.registry();
    }

    private static ManualTime time(ExtensionContext context) {
        if (isSpringTest(context)) {
            return SpringManualTime.of(context);
        }
        return context.getStore(NAMESPACE)
                .computeIfAbsent(ManualTime.class, type -> ManualTime.create(), ManualTime.class);
    }

    private static boolean isSpringTest(ExtensionContext context) {
        for (Class<?> type = context.getRequiredTestClass(); type != null; type = type.getEnclosingClass()) {
            if (AnnotationSupport.findRepeatableAnnotations(type, ExtendWith.class).stream()
                    .flatMap(annotation -> Arrays.stream(annotation.value()))
                    .anyMatch(extension -> extension.getName().equals(SPRING))) {
                return true;
            }
        }
        return false;
    }

    private static void deleteSlots(AsyncSlotRegistry registry) {
        for (SlotMap<?> map : registry.maps()) {
            deleteSlots(map);
        }
    }

    private static <K> void deleteSlots(SlotMap<K> map) {
        List<K> keys = new ArrayList<>();
        map.scan(Integer.MAX_VALUE, null, slot -> keys.add(map.keyType().cast(slot.key())));
        keys.forEach(map::delete);
    }
}
