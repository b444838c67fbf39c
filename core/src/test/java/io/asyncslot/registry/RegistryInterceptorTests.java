package io.asyncslot.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is called around the callbacks of a registry. */
class RegistryInterceptorTests {

    private final List<String> seen = new ArrayList<>();

    private final AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
            .interceptor((key, firing, next) -> {
                seen.add("outer " + firing.map() + "/" + key);
                next.run(key, firing);
                seen.add("outer ends");
            })
            .interceptor((key, firing, next) -> {
                if (key.equals("refused")) {
                    throw new IllegalStateException("not now");
                }
                seen.add("inner");
                next.run(key, firing);
            })
            .build();

    private final WorkSlots<String> works = registry.register(WorkMapSpec.named("w", String.class)
            .callback((key, firing) -> seen.add("callback " + key))
            .build());

    @AfterEach
    void close() {
        registry.close();
    }

    @Test
    void interceptors_areCalledAroundTheCallback_firstAddedOutermost() {
        registry.start();
        works.submit("k");
        assertThat(seen).containsExactly("outer w/k", "inner", "callback k", "outer ends");
    }

    @Test
    void interceptors_areCalledAroundACallbackThatReplacedAnother() {
        registry.start();
        works.rebind((key, firing) -> seen.add("other " + key));
        works.submit("k");
        assertThat(seen).containsExactly("outer w/k", "inner", "other k", "outer ends");
    }

    @Test
    void interceptor_thatThrows_isTheFailureOfTheRun() {
        registry.start();
        works.submit("refused");
        assertThat(seen).containsExactly("outer w/refused");
        assertThat(works.stats().failed()).isOne();
        assertThat(works.stats().running()).isZero();
    }
}
