package io.asyncslot.test.contract;

/** What may throw. */
@FunctionalInterface
interface Action {

    void run() throws Exception;
}
