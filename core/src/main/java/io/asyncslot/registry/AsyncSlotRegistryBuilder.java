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
 * Builds an {@link AsyncSlotRegistry}. Everything has a default but the executor. Not thread-safe.
 */
public final class AsyncSlotRegistryBuilder {

    private static final Log LOG = new Log(ArmingContexts.class);

    /** Longest acceptable String key unless said otherwise, in chars. */
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
     * Chooses the backend of maps that name none; the first one added unless said.
     *
     * @param name a backend's name; null for the first one
     * @return this builder
     */
    public AsyncSlotRegistryBuilder defaultBackend(@Nullable String name) {
        this.defaultBackend = name;
        return this;
    }

    /**
     * Sets where time comes from; {@link SystemTicker} unless said.
     *
     * @param value the ticker
     * @return this builder
     */
    public AsyncSlotRegistryBuilder ticker(Ticker value) {
        this.ticker = value;
        return this;
    }

    /**
     * Sets who is told what callbacks did.
     *
     * @param value the listener
     * @return this builder
     */
    public AsyncSlotRegistryBuilder listener(SlotListener value) {
        this.listener = value;
        return this;
    }

    /**
     * Adds what is called around every run of a callback, inside those added before.
     *
     * @param value the interceptor
     * @return this builder
     */
    public AsyncSlotRegistryBuilder interceptor(SlotInterceptor value) {
        this.interceptor = interceptor == null ? value : interceptor.around(value);
        return this;
    }

    /**
     * Adds what is asked where a slot is armed, for {@link io.asyncslot.SlotFiring#armedIn}. Without any, an arming costs
     * nothing more; with some it costs an object, and a short lock of the slot's own.
     *
     * @param value the arming context
     * @return this builder
     */
    public AsyncSlotRegistryBuilder armingContext(ArmingContext<?> value) {
        armingContexts.add(value);
        return this;
    }

    /**
     * Sets what tells about transactions, for {@link AsyncSlotRegistry#transactional()}; {@link SlotTransactions#NONE} unless
     * said.
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
     * Sets who knows why a backend is not there, for the message to whoever asks for it.
     *
     * @param reasons answers for the name of a backend that is not there; null where nothing is known
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
