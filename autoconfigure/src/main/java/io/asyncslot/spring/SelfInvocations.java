package io.asyncslot.spring;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.asm.ClassReader;
import org.springframework.asm.ClassVisitor;
import org.springframework.asm.Handle;
import org.springframework.asm.Label;
import org.springframework.asm.MethodVisitor;
import org.springframework.asm.Opcodes;
import org.springframework.asm.SpringAsmInfo;
import org.springframework.asm.Type;
import org.springframework.util.ClassUtils;

/**
 * Finds calls that a class makes to its own methods through {@code this}, which no proxy sees, by reading its bytecode.
 * What it finds is certain. A call through a variable, a field or an inner class goes unnoticed. Stateless.
 */
final class SelfInvocations {

    private SelfInvocations() {}

    /**
     * A call of an object to itself.
     *
     * @param caller the name of the calling method; for a lambda expression, of the method around it
     * @param callee the name of the method called
     * @param descriptor the descriptor of the method called
     */
    record Call(String caller, String callee, String descriptor) {}

    /** The calls in a class and in what it inherits; none where the bytecode cannot be read. */
    static Set<Call> of(Class<?> type) {
        Set<String> lineage = new HashSet<>();
        for (Class<?> each : ClassUtils.getAllInterfacesForClass(type)) {
            lineage.add(Type.getInternalName(each));
        }
        List<Class<?>> classes = new ArrayList<>();
        for (Class<?> each = type; each != null && each != Object.class; each = each.getSuperclass()) {
            lineage.add(Type.getInternalName(each));
            classes.add(each);
        }
        Set<Call> calls = new LinkedHashSet<>();
        classes.forEach(each -> read(each, new Calls(lineage, calls)));
        return calls;
    }

    private static void read(Class<?> type, Calls calls) {
        ClassLoader loader = type.getClassLoader();
        String file = ClassUtils.convertClassNameToResourcePath(type.getName()) + ClassUtils.CLASS_FILE_SUFFIX;
        try (InputStream bytes = loader == null ? null : loader.getResourceAsStream(file)) {
            if (bytes != null) {
                new ClassReader(bytes).accept(calls, ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
            }
        } catch (IOException | RuntimeException e) {
            // a class file of a later version, for example: a hint is missing then, and nothing else
        }
    }

    private static final class Calls extends ClassVisitor {

        private final Set<String> lineage;
        private final Set<Call> calls;

        Calls(Set<String> lineage, Set<Call> calls) {
            super(SpringAsmInfo.ASM_VERSION);
            this.lineage = lineage;
            this.calls = calls;
        }

        @Override
        public @Nullable MethodVisitor visitMethod(
                int access,
                String name,
                String descriptor,
                @Nullable String signature,
                String @Nullable [] exceptions) {
            boolean left = (access & (Opcodes.ACC_STATIC | Opcodes.ACC_BRIDGE)) != 0;
            String[] parts = name.split("\\$", -1); // a lambda expression is a method lambda$around$0
            return left ? null : new Body(name.startsWith("lambda$") && parts.length > 2 ? parts[1] : name);
        }

        /** One method, executed symbolically: how deep the operand stack is, and where {@code this} lies on it. */
        private final class Body extends MethodVisitor {

            private final String caller;
            private final Map<Label, State> atLabels = new HashMap<>();

            /** Null behind a jump, until a label follows. */
            private @Nullable State state = new State(0, new BitSet());

            private record State(int depth, BitSet self) {

                State copy() {
                    return new State(depth, (BitSet) self.clone());
                }

                boolean isSelf(int slot) {
                    return slot >= 0 && self.get(slot);
                }

                /** After an instruction: what it has pushed, or may have moved, is not known to be {@code this}. */
                State after(int popped, int pushed) {
                    int bottom = Math.max(0, depth - popped);
                    self.clear(bottom, Math.max(self.length(), bottom));
                    return new State(bottom + pushed, self);
                }
            }

            Body(String caller) {
                super(SpringAsmInfo.ASM_VERSION);
                this.caller = caller;
            }

            private void step(int popped, int pushed) {
                if (state != null) {
                    state = state.after(popped, pushed);
                }
            }

            @Override
            public void visitVarInsn(int opcode, int variable) {
                step(Effects.popped(opcode), Effects.pushed(opcode));
                if (opcode == Opcodes.ALOAD && variable == 0 && state != null) {
                    state.self().set(state.depth() - 1);
                }
            }

            @Override
            public void visitInsn(int opcode) {
                step(Effects.popped(opcode), Effects.pushed(opcode));
                if (Effects.endsBlock(opcode)) {
                    state = null;
                }
            }

            @Override
            public void visitIntInsn(int opcode, int operand) {
                step(Effects.popped(opcode), Effects.pushed(opcode));
            }

            @Override
            public void visitTypeInsn(int opcode, String type) {
                step(Effects.popped(opcode), Effects.pushed(opcode));
            }

            @Override
            public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
                int size = Type.getType(descriptor).getSize();
                boolean put = opcode == Opcodes.PUTFIELD || opcode == Opcodes.PUTSTATIC;
                int object = opcode == Opcodes.PUTFIELD || opcode == Opcodes.GETFIELD ? 1 : 0;
                step(object + (put ? size : 0), put ? 0 : size);
            }

            @Override
            public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
                int arguments = (Type.getArgumentsAndReturnSizes(descriptor) >> 2) - 1;
                boolean virtual = opcode == Opcodes.INVOKEVIRTUAL || opcode == Opcodes.INVOKEINTERFACE;
                if (virtual && state != null && state.isSelf(state.depth() - arguments - 1)) {
                    found(owner, name, descriptor);
                }
                step(
                        arguments + (opcode == Opcodes.INVOKESTATIC ? 0 : 1),
                        Type.getReturnType(descriptor).getSize());
            }

            /** A method reference to {@code this} calls it as well, sooner or later. */
            @Override
            public void visitInvokeDynamicInsn(String name, String descriptor, Handle bootstrap, Object... constants) {
                int arguments = (Type.getArgumentsAndReturnSizes(descriptor) >> 2) - 1;
                if (state != null && arguments > 0 && state.isSelf(state.depth() - arguments)) {
                    for (Object constant : constants) {
                        if (constant instanceof Handle handle
                                && (handle.getTag() == Opcodes.H_INVOKEVIRTUAL
                                        || handle.getTag() == Opcodes.H_INVOKEINTERFACE)) {
                            found(handle.getOwner(), handle.getName(), handle.getDesc());
                        }
                    }
                }
                step(arguments, Type.getReturnType(descriptor).getSize());
            }

            private void found(String owner, String name, String descriptor) {
                if (lineage.contains(owner)) {
                    calls.add(new Call(caller, name, descriptor));
                }
            }

            @Override
            public void visitLdcInsn(Object constant) {
                step(0, constant instanceof Long || constant instanceof Double ? 2 : 1);
            }

            @Override
            public void visitMultiANewArrayInsn(String descriptor, int dimensions) {
                step(dimensions, 1);
            }

            @Override
            public void visitJumpInsn(int opcode, Label label) {
                step(Effects.popped(opcode), 0);
                reaches(label);
                if (opcode == Opcodes.GOTO) {
                    state = null;
                }
            }

            @Override
            public void visitTableSwitchInsn(int least, int most, Label otherwise, Label... labels) {
                visitSwitch(otherwise, labels);
            }

            @Override
            public void visitLookupSwitchInsn(Label otherwise, int[] keys, Label[] labels) {
                visitSwitch(otherwise, labels);
            }

            private void visitSwitch(Label otherwise, Label[] labels) {
                step(1, 0);
                reaches(otherwise);
                for (Label label : labels) {
                    reaches(label);
                }
                state = null;
            }

            @Override
            public void visitTryCatchBlock(Label start, Label end, Label handler, @Nullable String type) {
                atLabels.put(handler, new State(1, new BitSet())); // the exception
            }

            private void reaches(Label label) {
                if (state != null) {
                    atLabels.putIfAbsent(label, state.copy());
                }
            }

            @Override
            public void visitLabel(Label label) {
                State known = atLabels.get(label);
                if (state == null) {
                    state = known == null ? new State(0, new BitSet()) : known.copy();
                } else if (known != null) {
                    state.self().and(known.self());
                }
            }
        }
    }

    /** What instructions without operands of their own, or with a plain one, take from the stack and put on it. */
    private static final class Effects {

        private Effects() {}

        static boolean endsBlock(int opcode) {
            return opcode >= Opcodes.IRETURN && opcode <= Opcodes.RETURN || opcode == Opcodes.ATHROW;
        }

        static int popped(int opcode) {
            return switch (opcode) {
                case Opcodes.IALOAD, Opcodes.LALOAD, Opcodes.FALOAD, Opcodes.DALOAD -> 2;
                case Opcodes.AALOAD, Opcodes.BALOAD, Opcodes.CALOAD, Opcodes.SALOAD -> 2;
                case Opcodes.IASTORE, Opcodes.FASTORE, Opcodes.AASTORE -> 3;
                case Opcodes.BASTORE, Opcodes.CASTORE, Opcodes.SASTORE -> 3;
                case Opcodes.LASTORE, Opcodes.DASTORE -> 4;
                case Opcodes.ISTORE, Opcodes.FSTORE, Opcodes.ASTORE, Opcodes.POP, Opcodes.DUP -> 1;
                case Opcodes.LSTORE, Opcodes.DSTORE, Opcodes.POP2, Opcodes.DUP2, Opcodes.DUP_X1, Opcodes.SWAP -> 2;
                case Opcodes.DUP_X2, Opcodes.DUP2_X1 -> 3;
                case Opcodes.DUP2_X2 -> 4;
                case Opcodes.INEG, Opcodes.FNEG, Opcodes.I2L, Opcodes.I2F, Opcodes.I2D -> 1;
                case Opcodes.F2I, Opcodes.F2L, Opcodes.F2D, Opcodes.I2B, Opcodes.I2C, Opcodes.I2S -> 1;
                case Opcodes.LNEG, Opcodes.DNEG, Opcodes.L2I, Opcodes.L2F, Opcodes.L2D -> 2;
                case Opcodes.D2I, Opcodes.D2L, Opcodes.D2F -> 2;
                case Opcodes.LSHL, Opcodes.LSHR, Opcodes.LUSHR -> 3;
                case Opcodes.LCMP, Opcodes.DCMPL, Opcodes.DCMPG -> 4;
                case Opcodes.LADD, Opcodes.LSUB, Opcodes.LMUL, Opcodes.LDIV, Opcodes.LREM -> 4;
                case Opcodes.DADD, Opcodes.DSUB, Opcodes.DMUL, Opcodes.DDIV, Opcodes.DREM -> 4;
                case Opcodes.LAND, Opcodes.LOR, Opcodes.LXOR -> 4;
                case Opcodes.IADD, Opcodes.ISUB, Opcodes.IMUL, Opcodes.IDIV, Opcodes.IREM -> 2;
                case Opcodes.FADD, Opcodes.FSUB, Opcodes.FMUL, Opcodes.FDIV, Opcodes.FREM -> 2;
                case Opcodes.IAND, Opcodes.IOR, Opcodes.IXOR, Opcodes.ISHL, Opcodes.ISHR, Opcodes.IUSHR -> 2;
                case Opcodes.FCMPL, Opcodes.FCMPG -> 2;
                case Opcodes.IF_ICMPEQ, Opcodes.IF_ICMPNE, Opcodes.IF_ICMPLT, Opcodes.IF_ICMPGE -> 2;
                case Opcodes.IF_ICMPGT, Opcodes.IF_ICMPLE, Opcodes.IF_ACMPEQ, Opcodes.IF_ACMPNE -> 2;
                case Opcodes.IFEQ, Opcodes.IFNE, Opcodes.IFLT, Opcodes.IFGE, Opcodes.IFGT, Opcodes.IFLE -> 1;
                case Opcodes.IFNULL, Opcodes.IFNONNULL, Opcodes.MONITORENTER, Opcodes.MONITOREXIT -> 1;
                case Opcodes.ARRAYLENGTH, Opcodes.NEWARRAY, Opcodes.ANEWARRAY -> 1;
                case Opcodes.CHECKCAST, Opcodes.INSTANCEOF -> 1;
                default -> 0;
            };
        }

        static int pushed(int opcode) {
            return switch (opcode) {
                case Opcodes.LCONST_0, Opcodes.LCONST_1, Opcodes.DCONST_0, Opcodes.DCONST_1 -> 2;
                case Opcodes.LLOAD, Opcodes.DLOAD, Opcodes.LALOAD, Opcodes.DALOAD, Opcodes.DUP, Opcodes.SWAP -> 2;
                case Opcodes.I2L, Opcodes.I2D, Opcodes.F2L, Opcodes.F2D, Opcodes.L2D, Opcodes.D2L -> 2;
                case Opcodes.LNEG, Opcodes.DNEG, Opcodes.LSHL, Opcodes.LSHR, Opcodes.LUSHR -> 2;
                case Opcodes.LADD, Opcodes.LSUB, Opcodes.LMUL, Opcodes.LDIV, Opcodes.LREM -> 2;
                case Opcodes.DADD, Opcodes.DSUB, Opcodes.DMUL, Opcodes.DDIV, Opcodes.DREM -> 2;
                case Opcodes.LAND, Opcodes.LOR, Opcodes.LXOR -> 2;
                case Opcodes.DUP_X1 -> 3;
                case Opcodes.DUP2, Opcodes.DUP_X2 -> 4;
                case Opcodes.DUP2_X1 -> 5;
                case Opcodes.DUP2_X2 -> 6;
                default -> pushesNothing(opcode) ? 0 : 1;
            };
        }

        private static boolean pushesNothing(int opcode) {
            return opcode == Opcodes.NOP
                    || opcode >= Opcodes.ISTORE && opcode <= Opcodes.POP2
                    || opcode == Opcodes.IINC
                    || opcode >= Opcodes.IFEQ && opcode <= Opcodes.RETURN
                    || opcode == Opcodes.ATHROW
                    || opcode == Opcodes.MONITORENTER
                    || opcode == Opcodes.MONITOREXIT
                    || opcode == Opcodes.IFNULL
                    || opcode == Opcodes.IFNONNULL;
        }
    }
}
