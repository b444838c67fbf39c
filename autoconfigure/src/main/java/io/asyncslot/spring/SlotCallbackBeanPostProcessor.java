package io.asyncslot.spring;

import io.asyncslot.spring.SlotDefinitionReader.Bindings;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.scope.ScopedObject;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanFactoryAware;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.config.DestructionAwareBeanPostProcessor;
import org.springframework.beans.factory.support.MergedBeanDefinitionPostProcessor;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.EmbeddedValueResolverAware;
import org.springframework.core.Ordered;
import org.springframework.core.PriorityOrdered;
import org.springframework.util.StringValueResolver;

/**
 * Finds methods annotated with {@link io.asyncslot.annotation.TimerSlot} or {@link io.asyncslot.annotation.WorkSlot}
 * and hands them to the {@link SlotRegistrar}; closes their maps when the bean goes. Thread-safe once initialized.
 *
 * <p>Being a post-processor of merged definitions it is called last, and so sees a bean's final proxy. A bean with
 * callbacks is always created with the context, also when it is lazy; one that is no singleton is refused.
 */
public final class SlotCallbackBeanPostProcessor
        implements MergedBeanDefinitionPostProcessor,
                DestructionAwareBeanPostProcessor,
                SmartInitializingSingleton,
                BeanFactoryAware,
                EmbeddedValueResolverAware,
                PriorityOrdered {

    private final Supplier<SlotRegistrar> registrar;

    /** Classes without callbacks, so that they are looked at once. */
    private final Set<Class<?>> withoutCallbacks = ConcurrentHashMap.newKeySet();

    /** Names of the beans that have bound something. */
    private final Set<String> bound = ConcurrentHashMap.newKeySet();

    /** Set while the context sets this post-processor up, before any bean is processed. */
    private @Nullable ConfigurableListableBeanFactory beanFactory;

    private @Nullable SlotDefinitionReader reader;

    /**
     * Makes a post-processor.
     *
     * @param registrar asked for when the first callback is found
     */
    public SlotCallbackBeanPostProcessor(Supplier<SlotRegistrar> registrar) {
        this.registrar = registrar;
    }

    /**
     * Whether a class has callbacks, so that its beans must not be lazy.
     *
     * @param type the class
     * @return true if one of its methods is bound to a map
     */
    public static boolean hasCallbacks(Class<?> type) {
        return !SlotDefinitionReader.callbacks(type).isEmpty();
    }

    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE;
    }

    @Override
    public void setBeanFactory(BeanFactory factory) {
        this.beanFactory = factory instanceof ConfigurableListableBeanFactory listable ? listable : null;
    }

    @Override
    public void setEmbeddedValueResolver(StringValueResolver resolver) {
        this.reader = new SlotDefinitionReader(resolver);
    }

    @Override
    public void postProcessMergedBeanDefinition(RootBeanDefinition definition, Class<?> type, String beanName) {
        // nothing to prepare; the interface is what makes this post-processor the last one
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        SlotDefinitionReader present = reader;
        if (present == null || bean instanceof AopInfrastructureBean) {
            return bean;
        }
        Class<?> targetClass = AopProxyUtils.ultimateTargetClass(bean);
        if (withoutCallbacks.contains(targetClass)) {
            return bean;
        }
        Map<Method, Bindings> callbacks = SlotDefinitionReader.callbacks(targetClass);
        if (callbacks.isEmpty()) {
            withoutCallbacks.add(targetClass);
            return bean;
        }
        ConfigurableListableBeanFactory factory = beanFactory;
        if (bean instanceof ScopedObject
                || factory != null && factory.containsBean(beanName) && !factory.isSingleton(beanName)) {
            throw notSingleton(beanName, targetClass, callbacks);
        }
        bound.add(beanName);
        present.read(bean, beanName, targetClass, callbacks).forEach(registrar.get()::add);
        return bean;
    }

    @Override
    public void afterSingletonsInstantiated() {
        ConfigurableListableBeanFactory factory = beanFactory;
        if (factory != null) {
            for (String name : factory.getBeanDefinitionNames()) {
                examineDefinition(factory, name);
            }
        }
        registrar.get().flush();
    }

    /** Looks at beans that the context has not created by itself: others than singletons, and lazy ones. */
    private void examineDefinition(ConfigurableListableBeanFactory factory, String name) {
        BeanDefinition definition = factory.getMergedBeanDefinition(name);
        if (definition.isAbstract() || definition.isSingleton() && !definition.isLazyInit()) {
            return;
        }
        Class<?> type = factory.getType(name, false);
        if (type == null || withoutCallbacks.contains(type)) {
            return;
        }
        Map<Method, Bindings> callbacks = SlotDefinitionReader.callbacks(type);
        if (callbacks.isEmpty()) {
            return;
        }
        if (!definition.isSingleton()) {
            throw notSingleton(name, type, callbacks);
        }
        factory.getBean(name);
    }

    private static SlotConfigurationException notSingleton(
            String beanName, Class<?> type, Map<Method, Bindings> callbacks) {
        return new SlotConfigurationException(
                "The bean '" + beanName + "' of type " + type.getName() + " has slot callbacks ("
                        + callbacks.keySet().stream()
                                .map(Method::getName)
                                .sorted()
                                .toList()
                        + ") but is not a singleton: a map has exactly one callback, on exactly one object.",
                "Move the callbacks into a singleton bean.");
    }

    @Override
    public boolean requiresDestruction(Object bean) {
        return !withoutCallbacks.contains(AopProxyUtils.ultimateTargetClass(bean));
    }

    @Override
    public void postProcessBeforeDestruction(Object bean, String beanName) {
        if (bound.remove(beanName)) {
            registrar.get().release(beanName);
        }
    }
}
