package io.asyncslot.docs.given;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.test.contract.ContractGaps;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import javax.sql.DataSource;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;

/** What an application has before it takes AsyncSlot: the types and the members that samples in the pages mention. */
public abstract class Given {

    /** A minute. */
    protected static final Duration MINUTE = Duration.ofMinutes(1);

    /** The auto-configured bean. */
    protected AsyncSlotRegistry registry;
    /** A data source bean. */
    protected DataSource dataSource;
    /** A repository. */
    protected Orders orders;
    /** An audit entry. */
    protected Entry entry;
    /** The security of the application. */
    protected HttpSecurity http;
    /** The JDK's scheduler. */
    protected ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    /** Futures by key. */
    protected Map<String, ScheduledFuture<?>> timers = new ConcurrentHashMap<>();

    /** What a contract test overrides. */
    protected abstract ContractGaps gaps();

    /** Ends a session. */
    protected abstract void expire(String id);

    /** Sends something again. */
    protected abstract void send(String key);

    /** A request of a session. */
    public record Request(String sessionId) {}

    /** A product. */
    public record Product(Long id) {}

    /** An event for an endpoint. */
    public record Event(String endpoint, Instant at) {}

    /** An audit entry. */
    public record Entry(String tenant, String text) {}

    /** A reminder. */
    public record Reminder(String text, int items) {}

    /** An order. */
    public record Order(Long id, State state, Instant payBy) {}

    /** A cart. */
    public record Cart(String id, State state) {}

    /** The state of an order or a cart. */
    public enum State {
        OPEN,
        EXPIRED
    }

    /** A repository. */
    public interface Orders {
        /** Saves an order. */
        void save(Order order);

        /** Cancels an order if it is still unpaid, and answers how many rows that changed. */
        int cancelIfUnpaid(long id);

        /** All that wait for a payment. */
        List<Order> unpaid();
    }

    /** A repository. */
    public interface Sessions {
        /** Ends a session if it has not been used since a point in time, and answers how many rows that changed. */
        int endIfIdleSince(String id, Instant point);
    }

    /** A service. */
    public interface CartService {
        /** A new cart. */
        Cart open();

        /** A sign of life. */
        void ping(String cart);

        /** The cart of an identifier. */
        Cart find(String cart);
    }

    /** A controller. */
    public static class CartController {}

    /** A callback. */
    public static class CartExpiry {}

    /** A callback with triggers. */
    public interface Reservation {
        /** A use of a cart. */
        void touched(String cart);

        /** The payment of a cart. */
        void paid(String cart);
    }
}
