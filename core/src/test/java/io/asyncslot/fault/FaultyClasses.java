package io.asyncslot.fault;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.List;
import java.util.Set;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.Handle;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;

/**
 * Loads classes of this project anew. In those of the slot core and the jvm engine, each allocation and each call out is
 * preceded by a call of {@link FaultPoints}.
 */
final class FaultyClasses extends ClassLoader {

    private static final String POINTS = FaultPoints.class.getName().replace('.', '/');

    private static final List<String> UNDER_TEST =
            List.of("io.asyncslot.core.", "io.asyncslot.jvm.", "io.asyncslot.backend.");

    /** Code of users. Not the callback and its interceptor: what they throw is the outcome of a run. */
    private static final List<String> USERS = List.of(
            "io/asyncslot/spi/Ticker.",
            "io/asyncslot/spi/SlotListener.",
            "java/util/concurrent/Executor.",
            "java/lang/Object.equals",
            "java/lang/Object.hashCode",
            "java/lang/Object.toString");

    /** Calls of the JDK that neither allocate nor call out: in most cases nothing but reads and writes. */
    private static final List<String> TOTAL = List.of(
            "java/lang/invoke/VarHandle.",
            "java/util/concurrent/atomic/Atomic",
            "java/util/concurrent/locks/LockSupport.",
            "java/util/concurrent/locks/ReentrantLock.unlock",
            "java/util/concurrent/locks/ReentrantLock.tryLock",
            "java/util/concurrent/locks/Condition.signalAll",
            "java/util/concurrent/ThreadLocalRandom.",
            "java/lang/Thread.",
            "java/lang/Math.",
            "java/lang/Long.numberOf",
            "java/lang/Integer.highestOneBit",
            "java/lang/Integer.remainderUnsigned",
            "java/lang/Integer.divideUnsigned",
            "java/lang/Integer.intValue",
            "java/lang/Boolean.",
            "java/lang/Throwable.",
            "java/lang/Object.<init>",
            "java/lang/Object.getClass",
            "java/lang/Runnable.run", // a part of ours, or the release of a binding, whose failures are caught and
            // logged
            "java/lang/ThreadLocal.get", // after a set, or answering null
            "java/lang/ThreadLocal.remove",
            "java/util/concurrent/ConcurrentLinkedQueue.poll",
            "java/util/Queue.poll",
            "java/util/Queue.isEmpty",
            "java/util/LinkedList.poll",
            "java/util/LinkedList.size",
            "java/util/List.isEmpty",
            "java/util/Iterator.hasNext",
            "java/util/Iterator.next",
            "java/util/Iterator.remove");

    /** Methods that are there to be overridden by users, or whose own body is the guard. */
    private static final Set<String> CONSTRUCTORS = Set.of("<init>", "<clinit>");

    FaultyClasses() {
        super(FaultyClasses.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith("io.asyncslot.") || name.startsWith(FaultPoints.class.getName())) {
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
            boolean underTest = resource.getPath().contains("/target/classes/")
                    && UNDER_TEST.stream().anyMatch(name::startsWith);
            byte[] code = underTest ? withPoints(bytes) : bytes;
            return defineClass(name, code, 0, code.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    private static byte[] withPoints(byte[] bytes) {
        ClassReader reader = new ClassReader(bytes);
        ClassWriter writer = new ClassWriter(reader, 0);
        reader.accept(new Points(writer), 0);
        return writer.toByteArray();
    }

    private static final class Points extends ClassVisitor {

        Points(ClassVisitor next) {
            super(Opcodes.ASM9, next);
        }

        @Override
        public MethodVisitor visitMethod(
                int access, String name, String descriptor, String signature, String[] exceptions) {
            MethodVisitor next = super.visitMethod(access, name, descriptor, signature, exceptions);
            return name.equals("<clinit>") ? next : new InMethod(next, name);
        }
    }

    private static final class InMethod extends MethodVisitor {

        private final String method;

        InMethod(MethodVisitor next, String method) {
            super(Opcodes.ASM9, next);
            this.method = method;
        }

        private void point(String kind) {
            super.visitMethodInsn(Opcodes.INVOKESTATIC, POINTS, kind, "()V", false);
        }

        @Override
        public void visitTypeInsn(int opcode, String type) {
            super.visitTypeInsn(opcode, type);
            if (opcode == Opcodes.NEW || opcode == Opcodes.ANEWARRAY) {
                point("allocation"); // afterwards: frames name the place of the instruction itself
            }
        }

        @Override
        public void visitIntInsn(int opcode, int operand) {
            if (opcode == Opcodes.NEWARRAY) {
                point("allocation");
            }
            super.visitIntInsn(opcode, operand);
        }

        @Override
        public void visitMultiANewArrayInsn(String descriptor, int dimensions) {
            point("allocation");
            super.visitMultiANewArrayInsn(descriptor, dimensions);
        }

        @Override
        public void visitLdcInsn(Object value) {
            if (value instanceof String) {
                point("allocation");
            }
            super.visitLdcInsn(value);
        }

        @Override
        public void visitInvokeDynamicInsn(String name, String descriptor, Handle bootstrap, Object... arguments) {
            point("allocation");
            super.visitInvokeDynamicInsn(name, descriptor, bootstrap, arguments);
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
            String called = owner + "." + name;
            if (USERS.stream().anyMatch(called::startsWith)) {
                point("userCode");
            } else if (!owner.startsWith("io/asyncslot/")
                    && !owner.startsWith("[")
                    && !CONSTRUCTORS.contains(name)
                    && !method.equals("<init>")
                    && TOTAL.stream().noneMatch(called::startsWith)) {
                point("call");
            }
            super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
        }
    }
}
