package io.asyncslot.spring;

import io.asyncslot.spring.SlotDefinitionReader.Bindings;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.scope.ScopedObject;
import org.springframework.aop.scope.ScopedProxyUtils;
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
import org.springframework.util.ClassUtils;
import org.springframework.util.StringValueResolver;

/**
 * Finds methods annotated with {@link io.asyncslot.annotation.TimerSlot} or {@link io.asyncslot.annotation.WorkSlot}
 * and hands them to the {@link SlotRegistrar}; closes their maps when the bean goes. Thread-safe once initialized.
 *
 * <p>Being a post-processor of merged definitions it is called last, and so sees a bean's final proxy. A bean with
 * callbacks is always created with the context, also when it is lazy. One that is no singleton is refused, unless it is
 * behind the proxy of a scope with one instance at a time, such as Spring Cloud's refresh scope: then each run calls the
 * instance that is there.
 */
public final class SlotCallbackBeanPostProcessor
        implements MergedBeanDefinitionPostProcessor,
                DestructionAwareBeanPostProcessor,
                SmartInitializingSingleton,
                BeanFactoryAware,
                EmbeddedValueResolverAware,
                PriorityOrdered {

    /** Scopes with an instance for each caller, request or session: which one would a callback call? */
    private static final Set<String> MANY_INSTANCES =
            Set.of(BeanDefinition.SCOPE_PROTOTYPE, "request", "session", "websocket");

    private final Supplier<SlotRegistrar> registrar;

    /** Classes without callbacks, so that they are looked at once. */
    private final Set<Class<?>> withoutCallbacks = ConcurrentHashMap.newKeySet();

    /** The maps that beans have bound, by bean name. */
    private final Map<String, List<String>> bound = new ConcurrentHashMap<>();

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
        if (present == null
                || bean instanceof AopInfrastructureBean && !(bean instanceof ScopedObject)
                || ScopedProxyUtils.isScopedTarget(beanName)) {
            return bean; // a scoped target comes and goes: its proxy is bound
        }
        Class<?> targetClass = ClassUtils.getUserClass(AopProxyUtils.ultimateTargetClass(bean));
        if (withoutCallbacks.contains(targetClass)) {
            return bean;
        }
        Map<Method, Bindings> callbacks = SlotDefinitionReader.callbacks(targetClass);
        if (callbacks.isEmpty()) {
            withoutCallbacks.add(targetClass);
            return bean;
        }
        ConfigurableListableBeanFactory factory = beanFactory;
        boolean one = bean instanceof ScopedObject
                ? factory != null && hasOneInstance(factory, ScopedProxyUtils.getTargetBeanName(beanName))
                : factory == null || !factory.containsBean(beanName) || factory.isSingleton(beanName);
        if (!one) {
            throw notSingleton(beanName, targetClass, callbacks);
        }
        List<SlotDefinition> definitions = present.read(bean, beanName, targetClass, callbacks);
        bound.put(beanName, definitions.stream().map(SlotDefinition::map).toList());
        definitions.forEach(registrar.get()::add);
        return bean;
    }

    private static boolean hasOneInstance(ConfigurableListableBeanFactory factory, String target) {
        return factory.containsBeanDefinition(target)
                && !MANY_INSTANCES.contains(
                        String.valueOf(factory.getMergedBeanDefinition(target).getScope()));
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
        if (ScopedProxyUtils.isScopedTarget(name)) {
            String original = ScopedProxyUtils.getOriginalBeanName(name);
            Object proxy = factory.getBean(original); // it is bound, or refused
            if (!bound.containsKey(original)) {
                postProcessAfterInitialization(proxy, original); // a scope that hides it from post-processors
            }
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
                "Move the callbacks into a singleton bean, or into one behind the proxy of a scope with one instance at a"
                        + " time.");
    }

    @Override
    public boolean requiresDestruction(Object bean) {
        return !withoutCallbacks.contains(AopProxyUtils.ultimateTargetClass(bean));
    }

    @Override
    public void postProcessBeforeDestruction(Object bean, String beanName) {
        List<String> maps = bound.remove(beanName);
        if (maps != null) {
            registrar.get().release(beanName, maps);
        }
    }
}
