package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotFeature;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.spi.SlotBackend;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

/** The jvm backend with its timer thread. */
class JvmContractTests extends BackendContract {

    @Override
    protected SlotBackend backend() {
        return new JvmBackend();
    }

    /** Scenarios of a feature that a backend does not name are skipped: here none may be. */
    @Test
    void backend_hasEveryFeature() {
        assertThat(EnumSet.complementOf(EnumSet.copyOf(backend().features()))).containsExactly(SlotFeature.CLIENT_ROLE);
    }
}
