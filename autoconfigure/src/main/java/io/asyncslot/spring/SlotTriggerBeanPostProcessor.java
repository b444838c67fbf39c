package io.asyncslot.spring;

import io.asyncslot.AsyncSlotRegistry;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.AopConfigException;
import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.aop.framework.autoproxy.AbstractBeanFactoryAwareAdvisingPostProcessor;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.StaticMethodMatcherPointcut;
import org.springframework.asm.Type;
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
 * that other advice answers without calling the method, such as one from a cache, triggers nothing. The proxy of a repository, which
 * has interfaces that the class behind it does not implement, is one method as a whole: the advice is around it.
 */
public final class SlotTriggerBeanPostProcessor extends AbstractBeanFactoryAwareAdvisingPostProcessor {

    private static final long serialVersionUID = 1L;

    private static final Log LOG = LogFactory.getLog(SlotTriggerBeanPostProcessor.class);

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
        ClassLoader known = classLoader == null ? SlotTriggerBeanPostProcessor.class.getClassLoader() : classLoader;
        SlotTriggerInterceptor interceptor = new SlotTriggerInterceptor(
                made,
                new SlotTriggerEvaluator(made, keys, registry, beanFactory),
                new SlotTriggerCompletion(SlotTriggerTiming.detect(known), known));
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
        boolean byInterfaces =
                Proxy.isProxyClass(bean.getClass()) && present.areBeforeTheClass(bean.getClass(), targetClass);
        if (!byInterfaces && !SlotTriggers.isCandidate(targetClass)) {
            return bean;
        }
        Object proxy;
        try {
            proxy = byInterfaces ? around(bean, present) : super.postProcessAfterInitialization(bean, beanName);
        } catch (AopConfigException e) {
            throw new SlotConfigurationException(
                    "The bean '" + beanName + "' has methods with trigger annotations, but its " + targetClass
                            + " cannot be proxied: " + e.getMessage() + ".",
                    "Do not make the class final, or let it implement an interface.",
                    e);
        }
        if (reached.add(targetClass)) {
            checkReach(proxy, beanName, targetClass, present);
            tellOfSelfInvocations(beanName, targetClass, present);
        }
        if (byInterfaces && reached.add(bean.getClass())) {
            checkReach(proxy, beanName, bean.getClass(), present);
        }
        return proxy;
    }

    /** A proxy around a proxy, such as a repository's: the inner one answers calls by itself, before advice that is added to it. */
    private Object around(Object proxy, SlotTriggers triggers) {
        ProxyFactory factory = new ProxyFactory(proxy);
        factory.copyFrom(this);
        factory.setProxyTargetClass(false);
        factory.addAdvisor(new DefaultPointcutAdvisor(
                new ProxyPointcut(triggers, proxy),
                Objects.requireNonNull(advisor).getAdvice()));
        return factory.getProxy(proxy.getClass().getClassLoader());
    }

    /** Triggers that the proxy cannot see would be silent. */
    private static void checkReach(Object proxy, String beanName, Class<?> targetClass, SlotTriggers triggers) {
        MetadataLookup<Boolean> annotated =
                method -> triggers.of(method, targetClass).isEmpty() ? null : Boolean.TRUE;
        for (Method method :
                MethodIntrospector.selectMethods(targetClass, annotated).keySet()) {
            if (!isReached(proxy, method, targetClass)) {
                throw new SlotConfigurationException(
                        triggers.of(method, targetClass).get(0).place() + " of bean '" + beanName
                                + "' would never act: calls of the method do not pass the bean's proxy, "
                                + proxy.getClass().getName() + ".",
                        "Make the method public, neither static nor final. If the bean is proxied by its interfaces,"
                                + " declare the method in one of them.");
            }
        }
    }

    private static boolean isReached(Object proxy, Method method, Class<?> targetClass) {
        return Proxy.isProxyClass(targetClass)
                ? method.getDeclaringClass().isInstance(proxy) && !Modifier.isStatic(method.getModifiers())
                : SlotCallbackTarget.heldBy(proxy, method, targetClass) != null;
    }

    /** A bean's call to itself passes no proxy: that is legal, and rarely meant. */
    private static void tellOfSelfInvocations(String beanName, Class<?> targetClass, SlotTriggers triggers) {
        Map<Method, SlotTrigger> annotated = MethodIntrospector.selectMethods(targetClass, (Method method) -> {
            List<SlotTrigger> found = triggers.of(method, targetClass);
            return found.isEmpty() ? null : found.get(0);
        });
        if (annotated.isEmpty()) {
            return;
        }
        Set<SelfInvocations.Call> calls = SelfInvocations.of(ClassUtils.getUserClass(targetClass));
        annotated.forEach((method, trigger) -> calls.stream()
                .filter(call -> call.callee().equals(method.getName())
                        && call.descriptor().equals(Type.getMethodDescriptor(method)))
                .forEach(call -> LOG.warn(trigger.place() + " does not act when " + call.caller() + " of bean '"
                        + beanName + "' calls the method through 'this': such a call does not pass the bean's proxy."
                        + " Move one of the two methods into another bean, or let " + call.caller()
                        + " use the map itself, through AsyncSlotRegistry. If the call is meant to arm nothing, set the"
                        + " log level of " + SlotTriggerBeanPostProcessor.class.getName() + " to ERROR.")));
    }

    /**
     * Checks that the maps of all triggers are there and fit; called when the context starts.
     *
     * @param ignoreAbsent whether triggers of maps that are not there do nothing, instead of ending the start
     * @throws SlotConfigurationException naming all triggers that cannot act
     */
    public void checkTriggers(boolean ignoreAbsent) {
        SlotTriggers present = triggers;
        if (present != null) {
            present.check(registry.get(), ignoreAbsent);
        }
    }

    /** Matches the methods of a proxy that the class behind it or one of its interfaces gives triggers. */
    private static final class ProxyPointcut extends StaticMethodMatcherPointcut {

        private final SlotTriggers triggers;
        private final Object proxy;
        private final Class<?> ultimate;

        ProxyPointcut(SlotTriggers triggers, Object proxy) {
            this.triggers = triggers;
            this.proxy = proxy;
            this.ultimate = AopProxyUtils.ultimateTargetClass(proxy);
        }

        @Override
        public boolean matches(Method method, Class<?> targetClass) {
            return !triggers.of(method, triggers.describing(proxy, ultimate, method))
                    .isEmpty();
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
