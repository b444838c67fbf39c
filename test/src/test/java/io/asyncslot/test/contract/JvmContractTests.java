package io.asyncslot.test.contract;

import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.spi.SlotBackend;

/** The jvm backend with its timer thread. */
class JvmContractTests extends BackendContract {

    @Override
    protected SlotBackend backend() {
        return new JvmBackend();
    }
}
