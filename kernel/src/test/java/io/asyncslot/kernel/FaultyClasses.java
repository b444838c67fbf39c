package io.asyncslot.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.NewMultiArrayInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.NewPrimitiveArrayInstruction;
import java.lang.classfile.instruction.NewReferenceArrayInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.net.URL;
import java.util.List;

/**
 * Loads classes of this project anew. In those of the slot core and the kernel engine, each allocation and each call out is
 * preceded by a call of {@link FaultPoints}.
 */
final class FaultyClasses extends ClassLoader {

    private static final ClassDesc POINTS = ClassDesc.of(FaultPoints.class.getName());
    private static final MethodTypeDesc NOTHING = MethodTypeDesc.of(ConstantDescs.CD_void);

    private static final List<String> UNDER_TEST =
            List.of("io.asyncslot.core.", "io.asyncslot.backend.", "io.asyncslot.kernel.");

    /** Calls out of ours: the operating system, the clock, and code of users. Not the callback and its interceptor. */
    private static final List<String> OUT = List.of(
            "io/asyncslot/kernel/KernelPort.run",
            "io/asyncslot/kernel/KernelPort.poll",
            "io/asyncslot/kernel/KernelPort.wake",
            "io/asyncslot/kernel/KernelPort.watchPins",
            "io/asyncslot/spi/Ticker.",
            "io/asyncslot/spi/SlotListener.");

    /** Calls of the JDK that neither allocate nor call out: in most cases nothing but reads and writes. */
    private static final List<String> TOTAL = List.of(
            "java/lang/invoke/VarHandle.",
            "java/util/concurrent/atomic/Atomic",
            "java/util/concurrent/locks/LockSupport.",
            "java/util/concurrent/locks/ReentrantLock.unlock",
            "java/util/concurrent/locks/ReentrantLock.tryLock",
            "java/util/concurrent/locks/ReentrantLock.isHeldByCurrentThread",
            "java/util/concurrent/locks/Condition.signalAll",
            "java/util/concurrent/ThreadLocalRandom.",
            "java/lang/Thread.",
            "java/lang/Math.",
            "java/lang/Enum.",
            "java/lang/Long.compare",
            "java/lang/Integer.remainderUnsigned",
            "java/lang/Integer.divideUnsigned",
            "java/lang/Integer.intValue",
            "java/lang/Boolean.",
            "java/lang/Throwable.",
            "java/lang/foreign/MemorySegment.byteSize",
            "java/lang/Object.<init>",
            "java/lang/Object.getClass",
            "java/lang/Runnable.run", // a part of ours, or the release of a binding, whose failures are caught and
            // logged
            "java/lang/ThreadLocal.get", // after a set, or answering null
            "java/lang/ThreadLocal.remove",
            "java/util/BitSet.", // made with room for all
            "java/util/TreeSet.isEmpty",
            "java/util/TreeSet.first",
            "java/util/TreeSet.remove",
            "java/util/concurrent/ConcurrentLinkedQueue.poll",
            "java/util/Queue.poll",
            "java/util/Queue.isEmpty",
            "java/util/LinkedList.poll",
            "java/util/LinkedList.size",
            "java/util/List.isEmpty",
            "java/util/Map.isEmpty",
            "java/util/Iterator.hasNext",
            "java/util/Iterator.next");

    private static final String ACCESS = "java/lang/invoke/VarHandle.";

    /** Whether each access to shared memory is a point too. */
    private final boolean accesses;

    FaultyClasses() {
        this(false);
    }

    FaultyClasses(boolean accesses) {
        super(FaultyClasses.class.getClassLoader());
        this.accesses = accesses;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith("io.asyncslot.") || name.equals(FaultPoints.class.getName())) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded == null ? define(name) : loaded;
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        URL resource = getParent().getResource(name.replace('.', '/') + ".class");
        if (resource == null) {
            throw new ClassNotFoundException(name);
        }
        try (InputStream in = resource.openStream()) {
            byte[] bytes = in.readAllBytes();
            boolean underTest = !resource.getPath().contains("/test-classes/")
                    && UNDER_TEST.stream().anyMatch(name::startsWith);
            byte[] code = underTest ? withPoints(bytes) : bytes;
            return defineClass(name, code, 0, code.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    private byte[] withPoints(byte[] bytes) {
        ClassFile classes = ClassFile.of();
        ClassTransform transform = (builder, element) -> {
            if (element instanceof MethodModel method && !method.methodName().equalsString("<clinit>")) {
                boolean constructor = method.methodName().equalsString("<init>");
                builder.transformMethod(
                        method,
                        MethodTransform.transformingCode((code, instruction) -> add(code, instruction, constructor)));
            } else {
                builder.with(element);
            }
        };
        return classes.transformClass(classes.parse(bytes), transform);
    }

    private void add(CodeBuilder code, CodeElement element, boolean constructor) {
        if (element instanceof NewObjectInstruction) {
            code.with(element);
            point(code, "allocation"); // afterwards: frames name the place of the instruction itself
            return;
        }
        if (element instanceof NewReferenceArrayInstruction
                || element instanceof NewPrimitiveArrayInstruction
                || element instanceof NewMultiArrayInstruction
                || element instanceof InvokeDynamicInstruction) {
            point(code, "allocation");
        } else if (element instanceof InvokeInstruction call && isOut(call, constructor)) {
            point(code, "call");
        }
        code.with(element);
    }

    private boolean isOut(InvokeInstruction call, boolean constructor) {
        String owner = call.owner().asInternalName();
        String called = owner + "." + call.name().stringValue();
        return OUT.stream().anyMatch(called::startsWith)
                || accesses && called.startsWith(ACCESS)
                || !owner.startsWith("io/asyncslot/")
                        && !owner.startsWith("[")
                        && !call.name().equalsString("<init>")
                        && !constructor
                        && TOTAL.stream().noneMatch(called::startsWith);
    }

    private static void point(CodeBuilder code, String kind) {
        code.invokestatic(POINTS, kind, NOTHING);
    }
}
