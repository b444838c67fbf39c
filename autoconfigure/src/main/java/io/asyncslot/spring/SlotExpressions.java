package io.asyncslot.spring;

import java.lang.reflect.Method;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.ParameterNameDiscoverer;
import org.springframework.expression.Expression;
import org.springframework.expression.ParseException;
import org.springframework.expression.spel.SpelNode;
import org.springframework.expression.spel.ast.VariableReference;
import org.springframework.expression.spel.standard.SpelExpression;
import org.springframework.expression.spel.standard.SpelExpressionParser;

/** Parses the expressions of triggers, and checks the variables they name. Thread-safe. */
final class SlotExpressions {

    static final ParameterNameDiscoverer PARAMETER_NAMES = new DefaultParameterNameDiscoverer();

    static final String RESULT = "result";

    private static final String ROOT = "root";
    private static final String THIS = "this";

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
        checkVariables(expression.getAST(), variables(method), text);
        return expression;
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

    private static void checkVariables(SpelNode node, Map<String, Integer> variables, String text) {
        if (node instanceof VariableReference variable && !variables.containsKey(name(variable))) {
            throw new IllegalArgumentException("'" + text + "' names '#" + name(variable)
                    + "', but a call of the method has the variables " + variables.keySet()
                    + " (parameter names need the compiler's option -parameters)");
        }
        for (int child = 0; child < node.getChildCount(); child++) {
            checkVariables(node.getChild(child), variables, text);
        }
    }

    private static String name(VariableReference variable) {
        return variable.toStringAST().substring(1);
    }

    /** The variables of a call; those that are parameters with their index, the others with -1. */
    private static Map<String, Integer> variables(Method method) {
        Map<String, Integer> variables = new TreeMap<>(Map.of(RESULT, -1, ROOT, -1, THIS, -1));
        @Nullable String @Nullable [] names = PARAMETER_NAMES.getParameterNames(method);
        for (int index = 0; index < method.getParameterCount(); index++) {
            variables.put("p" + index, index);
            variables.put("a" + index, index);
            String name = names == null ? null : names[index];
            if (name != null) {
                variables.put(name, index);
            }
        }
        return variables;
    }
}
