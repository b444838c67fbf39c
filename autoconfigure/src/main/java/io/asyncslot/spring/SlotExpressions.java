package io.asyncslot.spring;

import java.lang.reflect.Method;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.KotlinDetector;
import org.springframework.core.ParameterNameDiscoverer;
import org.springframework.expression.Expression;
import org.springframework.expression.ParseException;
import org.springframework.expression.spel.SpelNode;
import org.springframework.expression.spel.ast.Assign;
import org.springframework.expression.spel.ast.CompoundExpression;
import org.springframework.expression.spel.ast.Indexer;
import org.springframework.expression.spel.ast.InlineMap;
import org.springframework.expression.spel.ast.OpDec;
import org.springframework.expression.spel.ast.OpInc;
import org.springframework.expression.spel.ast.Projection;
import org.springframework.expression.spel.ast.PropertyOrFieldReference;
import org.springframework.expression.spel.ast.Selection;
import org.springframework.expression.spel.ast.VariableReference;
import org.springframework.expression.spel.standard.SpelExpression;
import org.springframework.expression.spel.standard.SpelExpressionParser;

/** Parses the expressions of triggers, and checks the variables they name. Thread-safe. */
final class SlotExpressions {

    static final ParameterNameDiscoverer PARAMETER_NAMES = new DefaultParameterNameDiscoverer();

    static final String RESULT = "result";

    private static final String ROOT = "root";
    private static final String THIS = "this";

    static final Set<String> NOT_PARAMETERS = Set.of(RESULT, ROOT, THIS);

    /** What an expression can ask of the call without naming a variable: the properties of {@link SlotTriggerCall}. */
    private static final Set<String> CALL = new TreeSet<>(Set.of("method", "args", "target", "targetClass", "class"));

    private final SpelExpressionParser parser = new SpelExpressionParser();

    /** Whether a text that could be a duration is an expression. */
    static boolean isExpression(String text) {
        return text.indexOf('#') >= 0 || text.indexOf('@') >= 0 || text.indexOf('(') >= 0;
    }

    /**
     * Parses an expression.
     *
     * @throws IllegalArgumentException if it is none, or names a variable that calls of the method do not have
     */
    Expression parse(String text, Method method) {
        if (text.isBlank()) {
            throw new IllegalArgumentException("an expression must not be empty");
        }
        SpelExpression expression;
        try {
            expression = parser.parseRaw(text);
        } catch (ParseException | IllegalStateException e) {
            throw new IllegalArgumentException("'" + text + "' is not a Spring expression: " + e.getMessage(), e);
        }
        checkVariables(expression.getAST(), variables(method), text, method);
        checkRoot(expression.getAST(), method, text);
        return DirectExpression.of(expression, variables(method));
    }

    /** The type of the parameter that an expression is; null where it is more than that, or something else. */
    @Nullable
    Class<?> parameterType(Expression expression, Method method) {
        if (expression instanceof SpelExpression spel && spel.getAST() instanceof VariableReference variable) {
            Integer index = variables(method).get(name(variable));
            return index == null || index < 0 ? null : method.getParameterTypes()[index];
        }
        return null;
    }

    /** Whether what a call produced is named. */
    static boolean namesResult(@Nullable Expression expression) {
        return expression instanceof SpelExpression spel && namesResult(spel.getAST());
    }

    private static boolean namesResult(SpelNode node) {
        if (node instanceof VariableReference variable && name(variable).equals(RESULT)) {
            return true;
        }
        for (int child = 0; child < node.getChildCount(); child++) {
            if (namesResult(node.getChild(child))) {
                return true;
            }
        }
        return false;
    }

    /** Whether it changes variables, which the expressions of one call share. */
    static boolean assigns(@Nullable Expression expression) {
        return expression instanceof SpelExpression spel && assigns(spel.getAST());
    }

    private static boolean assigns(SpelNode node) {
        boolean assigns = node instanceof Assign || node instanceof OpInc || node instanceof OpDec;
        for (int child = 0; child < node.getChildCount() && !assigns; child++) {
            assigns = assigns(node.getChild(child));
        }
        return assigns;
    }

    private static void checkVariables(SpelNode node, Map<String, Integer> variables, String text, Method method) {
        if (node instanceof VariableReference variable && !variables.containsKey(name(variable))) {
            throw new IllegalArgumentException("'" + text + "' names '#" + name(variable)
                    + "', but a call of the method has the variables " + variables.keySet()
                    + (PARAMETER_NAMES.getParameterNames(method) == null
                            ? "; " + method.getDeclaringClass().getName() + " is compiled without -parameters, so that"
                                    + " its parameters have no names: compile it with this option, or write '#a0' for"
                                    + " the first one"
                            : ""));
        }
        for (int child = 0; child < node.getChildCount(); child++) {
            checkVariables(node.getChild(child), variables, text, method);
        }
    }

    /**
     * Refuses what looks like a parameter without its '#': a name that is read as a property of the call, which has few.
     * Looks at what is asked of the call itself; within selections, projections and indexes something else is asked.
     */
    private static void checkRoot(SpelNode node, Method method, String text) {
        if (node instanceof PropertyOrFieldReference property && !CALL.contains(property.getName())) {
            String name = property.getName();
            boolean parameter = variables(method).containsKey(name);
            throw new IllegalArgumentException("'" + text + "' names '" + name + "' without '#', which is a property of"
                    + " the call: that has " + CALL + " only"
                    + (parameter ? ". Write '#" + name + "' for the parameter" : ""));
        }
        if (node instanceof Selection
                || node instanceof Projection
                || node instanceof Indexer
                || node instanceof InlineMap) {
            return;
        }
        int children = node instanceof CompoundExpression ? 1 : node.getChildCount();
        for (int child = 0; child < children; child++) {
            checkRoot(node.getChild(child), method, text);
        }
    }

    static String name(VariableReference variable) {
        return variable.toStringAST().substring(1);
    }

    /** The variables of a call; those that are parameters with their index, the others with -1. */
    private static Map<String, Integer> variables(Method method) {
        Map<String, Integer> variables = new TreeMap<>(Map.of(RESULT, -1, ROOT, -1, THIS, -1));
        @Nullable String @Nullable [] names = PARAMETER_NAMES.getParameterNames(method);
        int count = method.getParameterCount() - (KotlinDetector.isSuspendingFunction(method) ? 1 : 0);
        for (int index = 0; index < count; index++) {
            variables.put("p" + index, index);
            variables.put("a" + index, index);
            String name = names == null || index >= names.length ? null : names[index];
            if (name != null) {
                variables.put(name, index);
            }
        }
        return variables;
    }
}
