package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.expression.MethodBasedEvaluationContext;
import org.springframework.expression.Expression;
import org.springframework.expression.spel.SpelEvaluationException;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.util.ClassUtils;
import org.springframework.util.ObjectUtils;
import org.springframework.util.ReflectionUtils;

/** What is read straight from a call is what Spring would have answered: the same value, or the same message. */
class DirectExpressionTests {

    // ---- shapes of arguments ------------------------------------------------------------------------------------

    /** What the proxied method says it takes. */
    public static class Base {
        private final String id;

        Base(String id) {
            this.id = id;
        }

        public @Nullable String getId() {
            return id;
        }
    }

    public static final class More extends Base {
        More(String id) {
            super(id);
        }

        @Override
        public String getId() {
            return "more " + super.getId();
        }

        public Base getInner() {
            return new Base("inner");
        }

        public boolean isActive() {
            return true;
        }

        public Boolean isOpen() {
            return false;
        }
    }

    public static final class WithoutId extends Base {
        WithoutId() {
            super("none");
        }

        @Override
        public @Nullable String getId() {
            return null;
        }
    }

    public record Cart(String id, @Nullable Cart inner, boolean active, Optional<String> note) {}

    public interface Identified {
        String getId();
    }

    private static final class Hidden implements Identified {
        @Override
        public String getId() {
            return "hidden";
        }
    }

    private static final class HiddenOnly {
        public String getId() {
            return "hidden only";
        }
    }

    public static final class Unreadable {
        String getId() {
            return "not public";
        }

        private final String name = "not public";

        @Override
        public String toString() {
            return name;
        }
    }

    public static final class Fields {
        public final String id = "field";
        public static final int SIZE = 3;

        public static String getName() {
            return "static";
        }

        public void getInner() {}
    }

    public static final class Failing {
        public String getId() {
            throw new IllegalStateException("no id yet");
        }

        public String getName() {
            throw new AssertionError("no name");
        }
    }

    enum Kind {
        NEW
    }

    // ---- methods called -----------------------------------------------------------------------------------------

    static Object object(Object arg) {
        return arg;
    }

    static void base(Base arg, int size) {}

    static void named(String result, String root, String a3, String p0) {}

    private static Stream<@Nullable Object> shapes() {
        return Stream.of(
                null,
                "text",
                7,
                7L,
                'c',
                true,
                2.5,
                new Base("b"),
                new More("m"),
                new WithoutId(),
                new Cart("c", new Cart("i", null, false, Optional.empty()), true, Optional.of("n")),
                new Cart("c", null, false, Optional.empty()),
                new Hidden(),
                new HiddenOnly(),
                new Unreadable(),
                new Fields(),
                new Failing(),
                Kind.NEW,
                Map.of("id", "value"),
                Map.entry("id", "value"),
                List.of("id"),
                new String[] {"id"},
                new int[] {1},
                Optional.of(new Base("o")),
                Optional.of("text"),
                Optional.empty(),
                Base.class,
                Fields.class,
                Duration.ofSeconds(3),
                (Identified) () -> "lambda",
                Proxy.newProxyInstance(
                        DirectExpressionTests.class.getClassLoader(),
                        new Class<?>[] {Identified.class},
                        (proxy, method, args) -> "proxied"),
                new Object() {
                    @SuppressWarnings("unused")
                    public String getId() {
                        return "anonymous";
                    }
                });
    }

    private static final List<String> PATHS = List.of(
            "",
            ".id",
            "?.id",
            ".Id",
            ".ID",
            ".id.length",
            ".id.bytes",
            "?.inner?.id",
            ".inner.id",
            ".inner?.id",
            "?.inner.id",
            ".active",
            ".open",
            ".note",
            ".note.present",
            ".note?.bytes",
            ".name",
            ".size",
            ".SIZE",
            ".class",
            ".class.name",
            ".empty",
            "?.empty",
            ".present",
            "?.present",
            ".key",
            ".length",
            ".seconds",
            ".bytes",
            ".absent",
            "?.absent",
            ".id.absent",
            ".getId()",
            "['id']",
            ".id + '!'");

    static Stream<Arguments> variables() {
        Method base = method("base");
        Method named = method("named");
        Object[] names = {"named result", "named root", "named a3", "named p0"};
        return Stream.of(
                Arguments.of("#arg.id", base, new Object[] {new More("m"), 3}, null),
                Arguments.of("#size", base, new Object[] {new More("m"), 3}, null),
                Arguments.of("#a1", base, new Object[] {null, 3}, null),
                Arguments.of("#p0", base, new Object[] {null, 3}, null),
                Arguments.of("#size.class", base, new Object[] {null, 3}, null),
                Arguments.of("#result", named, names, "produced"),
                Arguments.of("#result", named, names, null),
                Arguments.of("#root", named, names, "produced"),
                Arguments.of("#this", named, names, "produced"),
                Arguments.of("#a3", named, names, null),
                Arguments.of("#p0", named, names, null),
                Arguments.of("#p1", named, names, null),
                Arguments.of("#root.args.length", base, new Object[] {null, 3}, null),
                Arguments.of("method.name", base, new Object[] {null, 3}, null));
    }

    /** One expression meets objects of all classes, in any order; in the second round it knows them. */
    @ParameterizedTest
    @MethodSource("paths")
    void properties_areWhatSpringFinds(String path) {
        Method method = method("object");
        for (String variable : List.of("#arg", "#p0", "#a0", "#result")) {
            Expression ours = new SlotExpressions().parse(variable + path, method);
            Expression springs = new SpelExpressionParser().parseRaw(variable + path);
            for (int round = 1; round <= 2; round++) {
                for (Object shape : shapes().toArray()) {
                    Object[] passed = {shape};
                    assertThat(outcome(() -> value(ours, method, passed, shape)))
                            .as("%s of %s, round %s", variable + path, shape, round)
                            .isEqualTo(outcome(() -> springs.getValue(context(method, passed, shape))));
                }
            }
        }
    }

    static List<String> paths() {
        return PATHS;
    }

    @ParameterizedTest(name = "{0} of {1}, {3}")
    @MethodSource("variables")
    void variables_areWhatSpringSets(String text, Method method, @Nullable Object[] passed, @Nullable Object produced) {
        Expression ours = new SlotExpressions().parse(text, method);
        Expression springs = new SpelExpressionParser().parseRaw(text);
        assertThat(outcome(() -> value(ours, method, passed, produced)))
                .isEqualTo(outcome(() -> springs.getValue(context(method, passed, produced))));
    }

    @Test
    void plainPaths_areReadDirectly() {
        Cart cart = new Cart("c", new Cart("i", null, false, Optional.empty()), true, Optional.of("n"));
        assertThat(directly("#arg", cart)).isSameAs(cart);
        assertThat(directly("#p0", null)).isNull();
        assertThat(directly("#arg.id", cart)).isEqualTo("c");
        assertThat(directly("#a0.inner.id", cart)).isEqualTo("i");
        assertThat(directly("#arg.inner?.inner?.id", cart)).isNull();
        assertThat(directly("#arg.id", new More("m"))).isEqualTo("more m");
        assertThat(directly("#arg.active", new More("m"))).isEqualTo(true);
        assertThat(directly("#arg.id", new Hidden())).isEqualTo("hidden");
        assertThat(directly("#arg.id", new Fields())).isEqualTo("field");
        assertThat(directly("#arg.name", new Fields())).isEqualTo("static");
        assertThat(directly("#arg.id", (Identified) () -> "lambda")).isEqualTo("lambda");
        assertThat(directly("#result", cart)).isSameAs(cart);
        assertThat(directly("#result.id", Optional.of(cart))).isEqualTo("c");
    }

    @Test
    void whatIsNotPlain_isLeftToSpring() {
        assertThatThrownBy(() -> directly("#arg.id", null)).isInstanceOf(AskedSpring.class);
        assertThatThrownBy(() -> directly("#arg.id", new Unreadable())).isInstanceOf(AskedSpring.class);
        assertThatThrownBy(() -> directly("#arg.name", Base.class)).isInstanceOf(AskedSpring.class);
        assertThatThrownBy(() -> directly("#arg.length", new int[0])).isInstanceOf(AskedSpring.class);
        for (String text : List.of("#arg.getId()", "#arg['id']", "#root.args", "#this", "method.name", "#arg.id + 1")) {
            assertThat(new SlotExpressions().parse(text, method("object")))
                    .as(text)
                    .isNotInstanceOf(DirectExpression.class);
        }
    }

    /** Expressions of one call share their variables: where one changes them, none may look past them. */
    @Test
    void assignments_areNoticed() {
        SlotExpressions expressions = new SlotExpressions();
        for (String text : List.of("#arg = 'x'", "(#arg = 'x') == null", "#arg++ > 1", "{--#arg}[0] > 1")) {
            assertThat(SlotExpressions.assigns(expressions.parse(text, method("object"))))
                    .as(text)
                    .isTrue();
        }
        assertThat(SlotExpressions.assigns(expressions.parse("#arg.id == 'x'", method("object"))))
                .isFalse();
    }

    /** A getter may do something: it is called once where it answers. */
    @Test
    void getterThatAnswers_isCalledOnce() {
        AtomicInteger calls = new AtomicInteger();
        Identified counting = () -> "call " + calls.incrementAndGet();
        Expression expression = new SlotExpressions().parse("#arg.id", method("object"));
        assertThat(value(expression, method("object"), new Object[] {counting}, null))
                .isEqualTo("call 1");
    }

    /** The first answer decides, also where it leads nowhere: another one would be another element. */
    @Test
    void getterThatAnswersNull_isNotAskedAgain() {
        Deque<Object> answers = new ArrayDeque<>();
        Polling polling = () -> answers.pop().equals("none") ? null : new Base("second");
        Expression expression = new SlotExpressions().parse("#arg.next.id", method("object"));
        for (int round = 1; round <= 2; round++) {
            answers.addAll(List.of("none", "some"));
            assertThatThrownBy(() -> value(expression, method("object"), new Object[] {polling}, null))
                    .isInstanceOf(SpelEvaluationException.class)
                    .hasMessage("EL1007E: Property or field 'id' cannot be found on null");
            assertThat(answers).as("answers left").containsExactly("some");
            assertThat(value(expression, method("object"), new Object[] {polling}, null))
                    .isEqualTo("second");
        }
    }

    @Test
    void getterBeforeAPropertyThatIsNotPlain_isNotAskedAgain() {
        AtomicInteger calls = new AtomicInteger();
        Polling polling = () -> {
            calls.incrementAndGet();
            return new int[] {1, 2};
        };
        Expression expression = new SlotExpressions().parse("#arg.next.length", method("object"));
        assertThat(value(expression, method("object"), new Object[] {polling}, null))
                .isEqualTo(2);
        assertThat(calls).hasValue(1);
    }

    @Test
    void getterThatThrows_isNotAskedAgain() {
        AtomicInteger calls = new AtomicInteger();
        IllegalStateException failure = new IllegalStateException("no next one");
        Polling failing = () -> {
            calls.incrementAndGet();
            throw failure;
        };
        Expression expression = new SlotExpressions().parse("#arg.next", method("object"));
        assertThatThrownBy(() -> value(expression, method("object"), new Object[] {failing}, null))
                .isInstanceOf(SpelEvaluationException.class)
                .hasCause(failure);
        assertThat(calls).hasValue(1);
    }

    @Test
    void errorOfTheVirtualMachine_comesOutAsItIs() {
        StackOverflowError error = new StackOverflowError("as if");
        Polling failing = () -> {
            throw error;
        };
        Expression expression = new SlotExpressions().parse("#arg.next", method("object"));
        assertThatThrownBy(() -> value(expression, method("object"), new Object[] {failing}, null))
                .isSameAs(error);
    }

    public interface Polling {
        @Nullable
        Object getNext();
    }

    @Test
    void assignmentInACondition_isSeenByTheKey() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(AsyncSlotAutoConfiguration.class))
                .withUserConfiguration(Assigning.class)
                .run(context -> {
                    context.getBean(Assigning.class).call("passed");
                    TimerSlots<String> slots =
                            context.getBean(AsyncSlotRegistry.class).timers("assigned", String.class);
                    assertThat(slots.find("assigned")).isPresent();
                    assertThat(slots.find("passed")).isEmpty();
                });
    }

    static class Assigning {
        @TimerSlot(map = "assigned", delay = "1h")
        void due(String key) {}

        @StartSlot(map = "assigned", key = "#key", condition = "(#key = 'assigned') != null")
        public void call(String key) {}
    }

    // ---- tools --------------------------------------------------------------------------------------------------

    /** Tells that an expression wanted Spring to go on. */
    private static final class AskedSpring extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static @Nullable Object directly(String text, @Nullable Object shape) {
        DirectExpression expression = (DirectExpression) new SlotExpressions().parse(text, method("object"));
        return expression.read(new Object[] {shape}, ObjectUtils.unwrapOptional(shape), () -> {
            throw new AskedSpring();
        });
    }

    /** As the evaluator does it. */
    private static @Nullable Object value(
            Expression expression, Method method, @Nullable Object[] passed, @Nullable Object produced) {
        if (expression instanceof DirectExpression direct) {
            return direct.read(passed, ObjectUtils.unwrapOptional(produced), () -> context(method, passed, produced));
        }
        return expression.getValue(context(method, passed, produced));
    }

    private static MethodBasedEvaluationContext context(
            Method method, @Nullable Object[] passed, @Nullable Object produced) {
        MethodBasedEvaluationContext context = new MethodBasedEvaluationContext(
                new SlotTriggerCall(method, passed, "target", String.class),
                method,
                passed,
                SlotExpressions.PARAMETER_NAMES);
        context.setVariable(SlotExpressions.RESULT, ObjectUtils.unwrapOptional(produced));
        return context;
    }

    private static Method method(String name) {
        return Arrays.stream(ReflectionUtils.getDeclaredMethods(DirectExpressionTests.class))
                .filter(method -> method.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private interface Asked {
        @Nullable
        Object ask();
    }

    /** The value and its class and identity, or the failure's class and message. */
    private static String outcome(Asked asked) {
        try {
            Object value = asked.ask();
            if (value == null) {
                return "null";
            }
            boolean equal = value instanceof CharSequence || ClassUtils.isPrimitiveOrWrapper(value.getClass());
            boolean fresh = value instanceof byte[] || value instanceof Base || value instanceof SlotTriggerCall;
            return value.getClass().getName() + ": "
                    + (equal ? value : fresh ? "" : Integer.toHexString(System.identityHashCode(value)));
        } catch (RuntimeException | Error e) {
            return e.getClass().getName() + ": " + e.getMessage();
        }
    }
}
