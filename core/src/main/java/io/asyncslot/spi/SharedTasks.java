package io.asyncslot.spi;

/**
 * Marks an {@link java.util.concurrent.Executor} whose tasks concern only its own threads: callbacks that fall
 * due together may share a task. To an executor without this mark each callback is a task, to be decorated, counted, put in
 * order or refused by itself.
 *
 * <p>The executor has to run tasks in the order in which it got them, and on threads of its own.
 */
public interface SharedTasks {}
