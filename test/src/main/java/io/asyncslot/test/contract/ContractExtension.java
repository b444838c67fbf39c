package io.asyncslot.test.contract;

import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/** Gives each scenario a rig of its own, skips the gaps, and verifies the rig once the scenario has passed. */
final class ContractExtension implements BeforeEachCallback, ParameterResolver, AfterEachCallback {

    private static final Namespace NAMESPACE = Namespace.create(ContractExtension.class);

    @Override
    public void beforeEach(ExtensionContext context) {
        ContractRig rig = new ContractRig((BackendContract) context.getRequiredTestInstance());
        context.getStore(NAMESPACE).put(ContractRig.class, rig);
        scenario(context).ifPresent(scenario -> rig.needs(scenario.id()));
    }

    static Optional<Scenario> scenario(ExtensionContext context) {
        return AnnotationSupport.findAnnotation(context.getTestMethod(), Scenario.class);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == ContractRig.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return Objects.requireNonNull(context.getStore(NAMESPACE).get(ContractRig.class, ContractRig.class));
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        ContractRig rig = context.getStore(NAMESPACE).remove(ContractRig.class, ContractRig.class);
        if (rig == null) {
            return;
        }
        try (rig) {
            if (context.getExecutionException().isEmpty()) {
                rig.verify();
            }
        }
    }
}
