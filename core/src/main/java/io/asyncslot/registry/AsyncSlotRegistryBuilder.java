package io.asyncslot.registry;

import io.asyncslot.ArmingContext;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.backend.Log;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.spi.ArmingContexts;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.MissingBackend;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.SlotInterceptor;
import io.asyncslot.spi.SlotListener;
import io.asyncslot.spi.SlotTransactions;
import io.asyncslot.spi.SystemTicker;
import io.asyncslot.spi.Ticker;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Builds an {@link AsyncSlotRegistry}. Everything except the executor has a default. Not thread-safe.
 */
public final class AsyncSlotRegistryBuilder {

    private static final Log LOG = new Log(ArmingContexts.class);

    /** Default of the longest acceptable String key, in chars. */
    public static final int DEFAULT_MAX_KEY_LENGTH = 512;

    private final Map<String, SlotBackend> backends = new LinkedHashMap<>();
    private final Executor executor;
    private Ticker ticker = SystemTicker.instance();
    private SlotListener listener = (firing, duration, failure) -> {};
    private int maxKeyLength = DEFAULT_MAX_KEY_LENGTH;
    private @Nullable SlotInterceptor interceptor;
    private final List<ArmingContext<?>> armingContexts = new ArrayList<>();
    private SlotTransactions transactions = SlotTransactions.NONE;
    private @Nullable String defaultBackend;
    private Function<String, @Nullable MissingBackend> missing = name -> null;

    /**
     * Begins a registry.
     *
     * @param executor runs the callbacks. It should neither block nor run tasks in the calling thread when it is full,
     *     but throw {@link java.util.concurrent.RejectedExecutionException}: the callback is then handed over again
     *     shortly. The registry does not shut it down.
     */
    public AsyncSlotRegistryBuilder(Executor executor) {
        if (executor == null) {
            throw new IllegalArgumentException("'executor' must not be null");
        }
        this.executor = executor;
    }

    /**
     * Adds a backend. Without any, the registry has a {@link JvmBackend}.
     *
     * @param backend the backend; the registry owns it from now on
     * @return this builder
     * @throws IllegalArgumentException if a backend of this name was added before
     */
    public AsyncSlotRegistryBuilder backend(SlotBackend backend) {
        if (backends.putIfAbsent(backend.name(), backend) != null) {
            throw new IllegalArgumentException("two backends are named '" + backend.name() + "'");
        }
        return this;
    }

    /**
     * Chooses the backend of maps that do not name one. The default is the first one added.
     *
     * @param name a backend's name; null for the first one
     * @return this builder
     */
    public AsyncSlotRegistryBuilder defaultBackend(@Nullable String name) {
        this.defaultBackend = name;
        return this;
    }

    /**
     * Sets the source of time. The default is {@link SystemTicker}.
     *
     * @param value the ticker
     * @return this builder
     */
    public AsyncSlotRegistryBuilder ticker(Ticker value) {
        this.ticker = value;
        return this;
    }

    /**
     * Sets the listener, which hears what callbacks did.
     *
     * @param value the listener
     * @return this builder
     */
    public AsyncSlotRegistryBuilder listener(SlotListener value) {
        this.listener = value;
        return this;
    }

    /**
     * Adds an interceptor around every run of a callback, inside those added before.
     *
     * @param value the interceptor
     * @return this builder
     */
    public AsyncSlotRegistryBuilder interceptor(SlotInterceptor value) {
        this.interceptor = interceptor == null ? value : interceptor.around(value);
        return this;
    }

    /**
     * Adds an arming context, which captures something for {@link io.asyncslot.SlotFiring#armedIn} when a slot is armed. With
     * arming contexts, each arming costs an object and a short lock of the slot.
     *
     * @param value the arming context
     * @return this builder
     */
    public AsyncSlotRegistryBuilder armingContext(ArmingContext<?> value) {
        armingContexts.add(value);
        return this;
    }

    /**
     * Sets the source of transactions for {@link AsyncSlotRegistry#transactional()}. The default is {@link SlotTransactions#NONE}.
     *
     * @param value the transactions
     * @return this builder
     */
    public AsyncSlotRegistryBuilder transactions(SlotTransactions value) {
        this.transactions = value;
        return this;
    }

    /**
     * Sets the longest acceptable String key.
     *
     * @param chars the limit in chars, at least 1
     * @return this builder
     * @throws IllegalArgumentException if it is less than 1
     */
    public AsyncSlotRegistryBuilder maxKeyLength(int chars) {
        if (chars < 1) {
            throw new IllegalArgumentException("'maxKeyLength' must be at least 1: " + chars);
        }
        this.maxKeyLength = chars;
        return this;
    }

    /**
     * Sets a function that explains why a backend is missing, for error messages.
     *
     * @param reasons returns the reason for a backend's name; null if it knows none
     * @return this builder
     */
    public AsyncSlotRegistryBuilder missing(Function<String, @Nullable MissingBackend> reasons) {
        this.missing = reasons;
        return this;
    }

    /**
     * Builds the registry; it is not started yet.
     *
     * @return the registry
     * @throws io.asyncslot.BackendUnavailableException if the default backend is unknown or not usable
     */
    public AsyncSlotRegistry build() {
        if (backends.isEmpty()) {
            backend(new JvmBackend());
        }
        ArmingContexts contexts =
                armingContexts.isEmpty() ? null : new ArmingContexts(armingContexts, AsyncSlotRegistryBuilder::tell);
        BackendContext context = new BackendContext(ticker, executor, listener, maxKeyLength, interceptor, contexts);
        String first = backends.keySet().iterator().next();
        return new DefaultAsyncSlotRegistry(
                backends, missing, defaultBackend == null ? first : defaultBackend, context, transactions);
    }

    private static void tell(ArmingContext<?> source, Throwable failure) {
        LOG.warning("an arming context failed: ", source.getClass().getName(), "", failure);
    }
}
