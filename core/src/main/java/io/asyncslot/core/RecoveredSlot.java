package io.asyncslot.core;

import org.jspecify.annotations.Nullable;

/**
 * A slot as a former process left it, or a map of this one that was closed.
 *
 * @param <K> the key type
 * @param key its key
 * @param place where its copy is
 * @param word the last state word that was copied; RUNNING in it means that a run was cut off, unless there is a former run
 * @param generationBase the generation that the word's tag counts from
 * @param runGeneration the generation of the run that was cut off
 * @param runDeadline when that run was due, in microseconds of the map's clock
 * @param attempt how often that run had been begun
 * @param dueWhileAway whether what is pending became due while no process held the slot
 * @param shape what it was beside its word; null for nothing
 * @param formerRun the run that goes on in a former map of this process; null for none
 */
public record RecoveredSlot<K>(
        K key,
        int place,
        long word,
        long generationBase,
        long runGeneration,
        long runDeadline,
        int attempt,
        boolean dueWhileAway,
        @Nullable RecoveredShape shape,
        @Nullable FormerRun formerRun) {}
