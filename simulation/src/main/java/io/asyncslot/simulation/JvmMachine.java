package io.asyncslot.simulation;

import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.spi.SlotBackend;

/** The engine of the JVM, which needs nothing below it. */
final class JvmMachine implements Machine {

    private JvmBackend backend = JvmBackend.manual();

    @Override
    public SlotBackend boot() {
        backend = JvmBackend.manual();
        return backend;
    }

    @Override
    public long pump() {
        return backend.pump();
    }

    @Override
    public String strays() {
        return "recovered";
    }
}
