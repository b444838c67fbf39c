package io.asyncslot.cluster;

/**
 * What an arming operation did.
 *
 * @param <O> the operation's outcome enum
 * @param outcome what happened
 * @param incarnation the incarnation it left; 0 when there is none
 * @param generation the generation of what is pending now; 0 when the outcome did not arm or move anything
 * @param due when that is due, in microseconds of database time; 0 as before
 * @param point the point of its map's grid that it belongs to: {@code due}, unless a firing is delivered again; 0 as before
 * @param claimed whether the claiming node has to hold it now. False while a run goes on: its end hands the slot on
 */
record Armed<O extends Enum<O>>(O outcome, long incarnation, long generation, long due, long point, boolean claimed) {}
