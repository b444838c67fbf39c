package io.asyncslot.spring;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WorkSlots;
import java.lang.annotation.Annotation;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanDefinitionHolder;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.config.DependencyDescriptor;
import org.springframework.beans.factory.support.AutowireCandidateResolver;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;

/**
 * Lets maps be injected by name: a {@code TimerSlots<K>} or {@code WorkSlots<K>}, or a {@code ValueTimerSlots<K, V>} or
 * {@code ValueWorkSlots<K, V>}, is the handle of the map that its
 * {@link Qualifier} names, or else the parameter or field. A context with beans of such a type injects those. Stateless.
 */
public final class SlotMapInjection implements BeanFactoryPostProcessor {

    /** Makes a post-processor. */
    public SlotMapInjection() {}

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory factory) {
        if (factory instanceof DefaultListableBeanFactory beans) {
            beans.setAutowireCandidateResolver(new Resolver(beans.getAutowireCandidateResolver(), beans));
        }
    }

    private static final Set<Class<?>> HANDLES =
            Set.of(TimerSlots.class, WorkSlots.class, ValueTimerSlots.class, ValueWorkSlots.class);

    /** Asks the registry for what would be looked for among the beans, and leaves the rest to another resolver. */
    private record Resolver(AutowireCandidateResolver next, DefaultListableBeanFactory beans)
            implements AutowireCandidateResolver {

        @Override
        public @Nullable Object getSuggestedValue(DependencyDescriptor descriptor) {
            Object value = next.getSuggestedValue(descriptor);
            Class<?> type = descriptor.getDependencyType();
            if (value != null || !HANDLES.contains(type)) {
                return value;
            }
            if (beans.getBeanNamesForType(type, true, false).length > 0) {
                return null;
            }
            String map = name(descriptor);
            if (map == null) {
                return null;
            }
            Class<?> keyType = descriptor.getResolvableType().getGeneric(0).resolve(Object.class);
            AsyncSlotRegistry registry = beans.getBean(AsyncSlotRegistry.class);
            if (type == TimerSlots.class || type == WorkSlots.class) {
                return handle(registry, map, keyType, type);
            }
            Class<?> valueType = descriptor.getResolvableType().getGeneric(1).resolve(Object.class);
            return type == ValueTimerSlots.class
                    ? registry.timers(map, keyType, valueType)
                    : registry.works(map, keyType, valueType);
        }

        private static SlotMap<?> handle(AsyncSlotRegistry registry, String map, Class<?> keyType, Class<?> type) {
            return type == TimerSlots.class ? registry.timers(map, keyType) : registry.works(map, keyType);
        }

        private static @Nullable String name(DependencyDescriptor descriptor) {
            for (Annotation annotation : descriptor.getAnnotations()) {
                if (annotation instanceof Qualifier qualifier
                        && !qualifier.value().isBlank()) {
                    return qualifier.value();
                }
            }
            return descriptor.getDependencyName();
        }

        @Override
        public boolean isAutowireCandidate(BeanDefinitionHolder holder, DependencyDescriptor descriptor) {
            return next.isAutowireCandidate(holder, descriptor);
        }

        @Override
        public boolean isRequired(DependencyDescriptor descriptor) {
            return next.isRequired(descriptor);
        }

        @Override
        public boolean hasQualifier(DependencyDescriptor descriptor) {
            return next.hasQualifier(descriptor);
        }

        @Override
        public @Nullable String getSuggestedName(DependencyDescriptor descriptor) {
            return next.getSuggestedName(descriptor);
        }

        @Override
        public @Nullable Object getLazyResolutionProxyIfNecessary(
                DependencyDescriptor descriptor, @Nullable String beanName) {
            return next.getLazyResolutionProxyIfNecessary(descriptor, beanName);
        }

        @Override
        public @Nullable Class<?> getLazyResolutionProxyClass(
                DependencyDescriptor descriptor, @Nullable String beanName) {
            return next.getLazyResolutionProxyClass(descriptor, beanName);
        }

        @Override
        public AutowireCandidateResolver cloneIfNecessary() {
            return new Resolver(next.cloneIfNecessary(), beans);
        }
    }
}
