package io.asyncslot.test.contract;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Test;

/**
 * One scenario of the contract: a test that a backend passes, or that its author names in {@link BackendContract#gaps()}
 * with the reason why the backend cannot have it.
 */
@Documented
@Test
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Scenario {

    /**
     * What gaps and reports call it.
     *
     * @return the number, unique in the kit
     */
    String id();

    /**
     * What it proves.
     *
     * @return the clauses of the contract: promises P1 to P12, findings R, O and F, the conformance list's numbers
     */
    String clause();

    /**
     * What must hold.
     *
     * @return one sentence
     */
    String says();
}
