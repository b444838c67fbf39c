package io.asyncslot.jvm;

import java.lang.invoke.MethodHandle;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * System calls of four arguments, the second a buffer, through {@code java.lang.foreign}, which this code reaches by
 * reflection because it also runs on Java 17. Made only where native access was granted: where it was not, the first use
 * would print a warning.
 */
final class SystemCall {

    private static final String FOREIGN = "java.lang.foreign.";

    private final MethodHandle syscall;
    private final Method ofBuffer;

    private SystemCall(MethodHandle syscall, Method ofBuffer) {
        this.syscall = syscall;
        this.ofBuffer = ofBuffer;
    }

    /** Whether this code has native access, by command line, manifest or a use that was let pass before. */
    static boolean isPermitted() {
        try {
            return Boolean.TRUE.equals(
                    Module.class.getMethod("isNativeAccessEnabled").invoke(SystemCall.class.getModule()));
        } catch (ReflectiveOperationException e) {
            return false; // before Java 22
        }
    }

    /**
     * Links to the C library.
     *
     * @throws ReflectiveOperationException if this Java has no such interface, or the library no such function
     */
    static SystemCall link() throws ReflectiveOperationException {
        Class<?> linkerType = Class.forName(FOREIGN + "Linker");
        Class<?> optionType = Class.forName(FOREIGN + "Linker$Option");
        Class<?> layoutType = Class.forName(FOREIGN + "MemoryLayout");
        Class<?> valueType = Class.forName(FOREIGN + "ValueLayout");
        Class<?> segmentType = Class.forName(FOREIGN + "MemorySegment");
        Class<?> descriptorType = Class.forName(FOREIGN + "FunctionDescriptor");

        Object linker = linkerType.getMethod("nativeLinker").invoke(null);
        Object library = linkerType.getMethod("defaultLookup").invoke(linker);
        Optional<?> symbol = (Optional<?>) Class.forName(FOREIGN + "SymbolLookup")
                .getMethod("find", String.class)
                .invoke(library, "syscall");
        if (symbol == null || symbol.isEmpty()) {
            throw new NoSuchMethodException("syscall");
        }
        Object word = valueType.getField("JAVA_LONG").get(null);
        Object address = valueType.getField("ADDRESS").get(null);
        Object arguments = Array.newInstance(layoutType, 5);
        for (int i = 0; i < 5; i++) {
            Array.set(arguments, i, i == 2 ? address : word);
        }
        Object descriptor =
                descriptorType.getMethod("of", layoutType, arguments.getClass()).invoke(null, word, arguments);
        Object options = Array.newInstance(optionType, 1);
        Array.set(
                options, 0, optionType.getMethod("firstVariadicArg", int.class).invoke(null, 1));
        MethodHandle handle = (MethodHandle) linkerType
                .getMethod("downcallHandle", segmentType, descriptorType, options.getClass())
                .invoke(linker, symbol.get(), descriptor, options);
        return new SystemCall(handle, segmentType.getMethod("ofBuffer", Buffer.class));
    }

    /**
     * Makes a system call.
     *
     * @param number which
     * @param first the first argument
     * @param buffer the second, a direct buffer
     * @param third the third argument
     * @param fourth the fourth argument, ignored by calls of three
     * @return what it returned; negative for a failure
     * @throws ReflectiveOperationException if it could not be made
     */
    long call(long number, long first, ByteBuffer buffer, long third, long fourth) throws ReflectiveOperationException {
        Object segment = ofBuffer.invoke(null, buffer);
        try {
            return (long) syscall.invokeWithArguments(number, first, segment, third, fourth);
        } catch (Throwable e) {
            throw new InvocationTargetException(e);
        }
    }
}
