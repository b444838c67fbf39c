package io.asyncslot.test.contract;

import java.lang.reflect.Method;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGenerator;

/** Names scenarios by their number and what they say. */
final class ContractNames extends DisplayNameGenerator.Standard {

    ContractNames() {}

    @Override
    public String generateDisplayNameForMethod(
            List<Class<?>> enclosingInstanceTypes, Class<?> testClass, Method testMethod) {
        Scenario scenario = testMethod.getAnnotation(Scenario.class);
        return scenario == null
                ? super.generateDisplayNameForMethod(enclosingInstanceTypes, testClass, testMethod)
                : scenario.id() + ": " + scenario.says() + " (" + scenario.clause() + ")";
    }
}
