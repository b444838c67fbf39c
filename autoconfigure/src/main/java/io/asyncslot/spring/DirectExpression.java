package io.asyncslot.spring;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.expression.EvaluationContext;
import org.springframework.expression.EvaluationException;
import org.springframework.expression.TypedValue;
import org.springframework.expression.spel.ExpressionState;
import org.springframework.expression.spel.SpelEvaluationException;
import org.springframework.expression.spel.SpelMessage;
import org.springframework.expression.spel.SpelNode;
import org.springframework.expression.spel.SpelParserConfiguration;
import org.springframework.expression.spel.ast.CompoundExpression;
import org.springframework.expression.spel.ast.PropertyOrFieldReference;
import org.springframework.expression.spel.ast.SpelNodeImpl;
import org.springframework.expression.spel.ast.VariableReference;
import org.springframework.expression.spel.standard.SpelExpression;
import org.springframework.expression.spel.support.ReflectivePropertyAccessor;
import org.springframework.util.ClassUtils;

/**
 * An expression that is plainly a parameter, what the call produced, or a property of one: it is read straight from the call,
 * without a context of variables. Which member a property is, Spring's own rules say, for each class of objects once. Where a
 * property is not plain, Spring goes on from the object met so far: so no value and no message differs, and no getter that was
 * called is called again. A {@link VirtualMachineError} of a getter comes out as it is, where Spring would wrap it. Thread-safe.
 */
final class DirectExpression extends SpelExpression {

    /** What the reader of a property answers where Spring has to read it; it has called nothing then. */
    private static final Object UNREADABLE = new Object();

    private static final SpelParserConfiguration DEFAULTS = new SpelParserConfiguration();
    private static final int PRODUCED = -1;
    private static final MethodType READER = MethodType.methodType(Object.class, Object.class);
    private static final MethodHandle UNREADABLE_READER =
            MethodHandles.dropArguments(MethodHandles.constant(Object.class, UNREADABLE), 0, Object.class);

    /** The parameter's index, or {@link #PRODUCED}. */
    private final int source;

    private final Property[] properties;

    private DirectExpression(SpelExpression parsed, int source, Property[] properties) {
        super(parsed.getExpressionString(), (SpelNodeImpl) parsed.getAST(), DEFAULTS);
        this.source = source;
        this.properties = properties;
    }

    /**
     * The same expression, to be read directly where it is plain.
     *
     * @param variables the variables of a call; those that are parameters with their index, the others with -1
     */
    static SpelExpression of(SpelExpression parsed, Map<String, Integer> variables) {
        SpelNode node = parsed.getAST();
        boolean path = node instanceof CompoundExpression;
        if (!((path ? node.getChild(0) : node) instanceof VariableReference variable)) {
            return parsed;
        }
        String name = SlotExpressions.name(variable);
        int source = variables.getOrDefault(name, PRODUCED);
        boolean special = SlotExpressions.NOT_PARAMETERS.contains(name);
        if (special && (source != PRODUCED || !name.equals(SlotExpressions.RESULT))) {
            return parsed; // #root, #this, or a parameter of such a name
        }
        Property[] properties = new Property[path ? node.getChildCount() - 1 : 0];
        for (int i = 0; i < properties.length; i++) {
            if (!(node.getChild(i + 1) instanceof PropertyOrFieldReference property)) {
                return parsed;
            }
            properties[i] = new Property(property.getName(), property.isNullSafe());
        }
        return new DirectExpression(parsed, source, properties);
    }

    /**
     * Reads.
     *
     * @param passed the arguments of the call
     * @param produced what the call produced, not wrapped in an {@link Optional}
     * @param context asked for where a property is not plain
     * @return the value
     * @throws EvaluationException as Spring words it
     */
    @Nullable
    Object read(@Nullable Object[] passed, @Nullable Object produced, Supplier<EvaluationContext> context) {
        Object value = source == PRODUCED ? produced : passed[source];
        for (int i = 0; i < properties.length; i++) {
            Object next = properties[i].read(value);
            if (next == UNREADABLE) {
                return bySpring(i, value, context.get());
            }
            value = next;
        }
        return value;
    }

    /** Lets Spring read the properties from one on, of an object met before. */
    private @Nullable Object bySpring(int first, @Nullable Object met, EvaluationContext context) {
        ExpressionState state = new ExpressionState(context, DEFAULTS);
        TypedValue value = new TypedValue(met);
        for (int i = first; i < properties.length; i++) {
            state.pushActiveContextObject(value);
            value = ((SpelNodeImpl) getAST().getChild(i + 1)).getValueInternal(state);
            state.popActiveContextObject();
        }
        return value.getValue();
    }

    /** A property of whatever object. */
    private static final class Property extends ReflectivePropertyAccessor {

        private final String name;
        private final boolean nullSafe;

        /** How it is read, by the class of the object. Filled by those who read. */
        private final Map<Class<?>, MethodHandle> readers = new ConcurrentHashMap<>();

        Property(String name, boolean nullSafe) {
            this.name = name;
            this.nullSafe = nullSafe;
        }

        @Nullable
        Object read(@Nullable Object target) {
            if (target == null) {
                return nullSafe ? null : UNREADABLE;
            }
            if (target instanceof Class || nullSafe && target instanceof Optional) {
                return UNREADABLE; // rules of their own
            }
            MethodHandle reader = readers.get(target.getClass());
            if (reader == null) {
                reader = reader(target.getClass());
                readers.put(target.getClass(), reader);
            }
            try {
                return (Object) reader.invokeExact(target);
            } catch (VirtualMachineError e) {
                throw e;
            } catch (Throwable e) {
                throw new SpelEvaluationException(
                        e,
                        SpelMessage.EXCEPTION_DURING_PROPERTY_READ,
                        name,
                        "Unable to access property '" + name + "' through getter method");
            }
        }

        private MethodHandle reader(Class<?> type) {
            Method getter = findGetterForProperty(name, type, false);
            Member member = getter != null
                    ? ClassUtils.getPubliclyAccessibleMethodIfPossible(getter, type)
                    : findField(name, type, false);
            if (member == null || !((AccessibleObject) member).trySetAccessible()) {
                return UNREADABLE_READER;
            }
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            try {
                MethodHandle handle = member instanceof Method method
                        ? lookup.unreflect(method)
                        : lookup.unreflectGetter((Field) member);
                return (Modifier.isStatic(member.getModifiers())
                                ? MethodHandles.dropArguments(handle, 0, Object.class)
                                : handle)
                        .asType(READER);
            } catch (IllegalAccessException e) {
                return UNREADABLE_READER; // Spring meets it again, and words it
            }
        }
    }
}
