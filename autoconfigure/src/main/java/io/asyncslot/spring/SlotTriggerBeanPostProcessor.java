package io.asyncslot.spring;

import io.asyncslot.AsyncSlotRegistry;
import java.lang.reflect.Method;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.AopConfigException;
import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.framework.autoproxy.AbstractBeanFactoryAwareAdvisingPostProcessor;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.StaticMethodMatcherPointcut;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.MethodIntrospector.MetadataLookup;
import org.springframework.core.convert.ConversionService;
import org.springframework.core.convert.support.DefaultConversionService;
import org.springframework.util.ClassUtils;

/**
 * Proxies beans whose methods have trigger annotations, or adds the advice to the proxy they have. Thread-safe once
 * initialized.
 *
 * <p>The advice comes last, next to the method itself: within a transaction that {@code @Transactional} of the same
 * method opens, on the thread that {@code @Async} chose, once for each attempt that {@code @Retryable} let pass. A call
 * that other advice answers without calling the method, such as one from a cache, triggers nothing.
 */
public final class SlotTriggerBeanPostProcessor extends AbstractBeanFactoryAwareAdvisingPostProcessor {

    private static final long serialVersionUID = 1L;

    private final transient Supplier<AsyncSlotRegistry> registry;

    /** Classes whose triggers are known to be within reach of their proxies. */
    private final transient Set<Class<?>> reached = ConcurrentHashMap.newKeySet();

    /** Set with the bean factory, before any bean is processed. */
    private transient @Nullable SlotTriggers triggers;

    /**
     * Makes a post-processor.
     *
     * @param registry asked for at the first call that triggers something
     */
    public SlotTriggerBeanPostProcessor(Supplier<AsyncSlotRegistry> registry) {
        this.registry = registry;
    }

    @Override
    public void setBeanFactory(BeanFactory beanFactory) {
        super.setBeanFactory(beanFactory);
        ConfigurableBeanFactory factory = (ConfigurableBeanFactory) beanFactory;
        ConversionService conversions = factory.getConversionService();
        SlotKeyConversion keys =
                new SlotKeyConversion(conversions == null ? DefaultConversionService.getSharedInstance() : conversions);
        SlotTriggers made = new SlotTriggers(new SlotTriggerReader(factory::resolveEmbeddedValue), keys);
        ClassLoader classLoader = factory.getBeanClassLoader();
        SlotTriggerInterceptor interceptor = new SlotTriggerInterceptor(
                made,
                new SlotTriggerEvaluator(made, keys, registry, beanFactory),
                SlotTriggerTiming.detect(
                        classLoader == null ? SlotTriggerBeanPostProcessor.class.getClassLoader() : classLoader));
        this.triggers = made;
        this.advisor = new DefaultPointcutAdvisor(new TriggerPointcut(made), interceptor);
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        SlotTriggers present = triggers;
        if (present == null || bean instanceof AopInfrastructureBean) {
            return bean;
        }
        Class<?> targetClass = AopProxyUtils.ultimateTargetClass(bean);
        if (!SlotTriggers.isCandidate(targetClass)) {
            return bean;
        }
        Object proxy;
        try {
            proxy = super.postProcessAfterInitialization(bean, beanName);
        } catch (AopConfigException e) {
            throw new SlotConfigurationException(
                    "The bean '" + beanName + "' has methods with trigger annotations, but its " + targetClass
                            + " cannot be proxied: " + e.getMessage() + ".",
                    "Do not make the class final, or let it implement an interface.",
                    e);
        }
        if (reached.add(targetClass)) {
            checkReach(proxy, beanName, targetClass, present);
        }
        return proxy;
    }

    /** Triggers that the proxy cannot see would be silent. */
    private static void checkReach(Object proxy, String beanName, Class<?> targetClass, SlotTriggers triggers) {
        MetadataLookup<Boolean> annotated =
                method -> triggers.of(method, targetClass).isEmpty() ? null : Boolean.TRUE;
        for (Method method :
                MethodIntrospector.selectMethods(targetClass, annotated).keySet()) {
            if (SlotCallbackTarget.heldBy(proxy, method, targetClass) == null) {
                throw new SlotConfigurationException(
                        triggers.of(method, targetClass).get(0).place() + " of bean '" + beanName
                                + "' would never act: calls of the method do not pass the bean's proxy, "
                                + proxy.getClass().getName() + ".",
                        "Let the method be public, neither static nor final, and declared in an interface where the"
                                + " bean is proxied by its interfaces.");
            }
        }
    }

    /**
     * Checks that the maps of all triggers are there and fit; called when the context starts.
     *
     * @throws SlotConfigurationException naming all triggers that cannot act
     */
    public void checkTriggers() {
        SlotTriggers present = triggers;
        if (present != null) {
            present.check(registry.get());
        }
    }

    /** Matches methods with triggers. */
    private static final class TriggerPointcut extends StaticMethodMatcherPointcut {

        private final SlotTriggers triggers;

        TriggerPointcut(SlotTriggers triggers) {
            this.triggers = triggers;
            setClassFilter(SlotTriggers::isCandidate);
        }

        @Override
        public boolean matches(Method method, Class<?> targetClass) {
            return !triggers.of(method, ClassUtils.getUserClass(targetClass)).isEmpty();
        }
    }
}
