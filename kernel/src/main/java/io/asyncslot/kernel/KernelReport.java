package io.asyncslot.kernel;

import java.util.List;
import java.util.Map;

/**
 * The result of a probe.
 *
 * @param findings the obstacles; empty if slots can be kept in the kernel
 * @param details what was found, such as versions and permissions, in display order
 */
public record KernelReport(List<Finding> findings, Map<String, Object> details) {

    /**
     * One obstacle.
     *
     * @param problem which
     * @param reason the reason in words, with what was seen here
     * @param remedy what to do about it
     */
    public record Finding(KernelProblem problem, String reason, String remedy) {

        /**
         * A problem as it was seen here.
         *
         * @param problem which
         * @param seen what was seen, or empty
         * @return the finding
         */
        static Finding of(KernelProblem problem, String seen) {
            return new Finding(
                    problem,
                    seen.isEmpty() ? problem.reason() : problem.reason() + " (" + seen + ")",
                    problem.remedy());
        }

        @Override
        public String toString() {
            return reason + ". " + remedy + ".";
        }
    }

    /**
     * Whether slots can be kept in the kernel.
     *
     * @return true if nothing is in the way
     */
    public boolean available() {
        return findings.isEmpty();
    }

    /**
     * The findings as sentences, reason and remedy.
     *
     * @return one text each
     */
    public List<String> reasons() {
        return findings.stream().map(Finding::toString).toList();
    }
}
