package io.asyncslot.test.contract;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * One scenario of the contract: a test that a backend passes, or that its author names in
 * {@link BackendContract#gaps()} with the reason why the backend cannot support it.
 */
@Documented
@Test
@Execution(ExecutionMode.CONCURRENT)
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Scenario {

    /**
     * The id that gaps and reports use.
     *
     * @return the number, unique in the kit
     */
    String id();

    /**
     * The clauses that the scenario proves.
     *
     * @return the clauses of the contract: promises P1 to P12, findings R, O and F, the conformance list's numbers
     */
    String clause();

    /**
     * The rule that must hold.
     *
     * @return one sentence
     */
    String says();
}
