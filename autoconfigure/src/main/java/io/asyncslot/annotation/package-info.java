/**
 * The annotations that bind methods to keyed slots.
 *
 * <p>There are two kinds. <em>Bindings</em> ({@link io.asyncslot.annotation.TimerSlot}, {@link io.asyncslot.annotation.WorkSlot})
 * make a method the callback of a slot map. <em>Triggers</em> ({@link io.asyncslot.annotation.StartSlot},
 * {@link io.asyncslot.annotation.TouchSlot}, {@link io.asyncslot.annotation.CancelSlot},
 * {@link io.asyncslot.annotation.DeleteSlot}, {@link io.asyncslot.annotation.SubmitSlot}) act on one slot each time the
 * annotated method has returned.
 *
 * <h2>When triggers act</h2>
 *
 * <p>Triggers act after the method has returned normally; a method that throws triggers nothing. In a Spring-managed transaction
 * they act after its commit, and not at all if it is rolled back. Otherwise they act immediately, in the calling thread. If the
 * method returns a future or a publisher, they act when that has succeeded. Several triggers of one method act in the order delete,
 * cancel, touch, start, submit, and within one kind in the order of declaration.
 *
 * <h2>Expressions</h2>
 *
 * <p>{@code key}, {@code condition} and (where not a plain duration) {@code delay} are Spring expressions. They see
 * the method's parameters as {@code #name} (compile with {@code -parameters}), {@code #p0} and {@code #a0}, what the
 * method returned as {@code #result}, the call as {@code #root} ({@code method}, {@code args}, {@code target},
 * {@code targetClass}) and beans as {@code @name}. {@code ${...}} placeholders are replaced once, when the context
 * starts. Expressions are evaluated right after the method has returned, even if the trigger acts only after the commit.
 *
 * <p>The context does not start if an expression cannot be parsed. If a key expression fails at a call, or yields null or a value
 * that is not a key of the map, the call ends with a {@link io.asyncslot.spring.SlotTriggerException}, and none of its triggers
 * acts. Plain conversions, such as from {@code int} to {@code Long}, are made.
 *
 * <h2>Limits</h2>
 *
 * <p>Triggers work by proxies, as {@code @Transactional} and {@code @Cacheable} do: a call from within the same object
 * ({@code this.method()}), a private, static or final method, and a final class are beyond their reach. For a class without
 * interfaces the proxy is a subclass. Bindings need no proxy: a callback may be private or package-private, and then runs without
 * the advice of other annotations such as {@code @Transactional} (see {@link io.asyncslot.annotation.TimerSlot}).
 */
@NullMarked
package io.asyncslot.annotation;

import org.jspecify.annotations.NullMarked;
