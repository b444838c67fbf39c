package io.asyncslot.test.contract;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The scenarios that a backend cannot support, each with a reason. The kit reports them as skipped, with that reason.
 * Immutable.
 */
public final class ContractGaps {

    private static final ContractGaps NONE = new ContractGaps(Map.of());

    private final Map<String, String> reasons;

    private ContractGaps(Map<String, String> reasons) {
        this.reasons = reasons;
    }

    /**
     * No gap: the backend supports every scenario.
     *
     * @return the empty set of gaps
     */
    public static ContractGaps none() {
        return NONE;
    }

    /**
     * These gaps and one more.
     *
     * @param scenario a scenario's id, or a row or cell of the tables, such as {@code T.touch} or
     *     {@code T.touch.running}
     * @param reason why the backend cannot support it
     * @return the gaps
     * @throws IllegalArgumentException if the reason is blank
     */
    public ContractGaps without(String scenario, String reason) {
        if (reason.isBlank()) {
            throw new IllegalArgumentException("'reason' of the gap '" + scenario + "' must not be blank");
        }
        Map<String, String> more = new LinkedHashMap<>(reasons);
        more.put(scenario, reason);
        return new ContractGaps(Map.copyOf(more));
    }

    @Nullable
    String reason(String scenario) {
        return reasons.get(scenario);
    }

    Set<String> scenarios() {
        return reasons.keySet();
    }
}
