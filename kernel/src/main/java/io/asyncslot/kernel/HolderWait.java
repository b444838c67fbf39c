package io.asyncslot.kernel;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.backend.Limits;
import io.asyncslot.backend.Log;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Opens the memory that the kernel shares, and waits for the process that has it, if it is told to. Has no state. */
final class HolderWait {

    private static final Log LOG = new Log(KernelBackend.class);

    /** How often a process that waits for the holder of its pin path looks. */
    private static final long HOLDER_MILLIS = 100;

    /** How long a process that waits goes on waiting when the holder has decided to hand over, but has the lock still. */
    private static final long GIVEN_NANOS = 15_000_000_000L;

    private HolderWait() {}

    /** Opens it; what keeps it from that is said with its remedy. */
    static KernelPort open(KernelSettings settings, KernelOptions options) {
        try {
            return patiently(settings, options.waitForHolder(), options.takeOver());
        } catch (KernelException e) {
            KernelReport.Finding finding = KernelProbe.explain(e);
            BackendUnavailableException unavailable =
                    new BackendUnavailableException(KernelBackend.NAME, finding.reason(), finding.remedy());
            unavailable.initCause(e);
            throw unavailable;
        }
    }

    /**
     * Opens the memory, once its holder has ended or handed over: the kernel drops the lock with that process. Asks for that, if
     * it is to take over, by a question that lapses unless it is renewed, and takes that back on every way out: so nobody hands
     * over to a process that has given up.
     */
    private static KernelPort patiently(KernelSettings settings, Duration limit, boolean takeOver) {
        Path path = settings.pinPath();
        HandOverAsker asker = takeOver && path != null ? new HandOverAsker(path, new KernelTicker()) : null;
        boolean done = false;
        try {
            KernelPort port = patiently(settings, limit, asker);
            done = true;
            return port;
        } finally {
            if (!done && asker != null) {
                asker.withdraw();
            }
        }
    }

    private static KernelPort patiently(KernelSettings settings, Duration limit, @Nullable HandOverAsker asker) {
        long began = System.nanoTime();
        long patience = Limits.saturatedNanos(limit);
        for (boolean told = false; ; told = true) {
            try {
                LibbpfPort port = LibbpfPort.open(settings);
                Layout.LONG.setVolatile(port.header(), Layout.HEADER_HAND_OVER_UNTIL, 0L);
                if (told) {
                    LOG.info("the pin path is free; this application takes over");
                }
                return port;
            } catch (PinPathHeldException e) {
                long waited = System.nanoTime() - began;
                if (waited < patience) {
                    if (asker != null) {
                        asker.ask();
                    }
                } else if (asker == null || asker.withdraw() || waited - patience >= GIVEN_NANOS) {
                    throw e;
                } // or else the holder has decided, and is about to let go
                if (!told) {
                    LOG.info(e.getMessage() + "; this application waits for it, " + limit + " at most");
                }
                try {
                    TimeUnit.MILLISECONDS.sleep(HOLDER_MILLIS);
                } catch (InterruptedException interruption) {
                    Thread.currentThread().interrupt();
                    throw e;
                }
            }
        }
    }
}
