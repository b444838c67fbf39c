package io.asyncslot.cluster.store;

/**
 * A node that has joined and was not released.
 *
 * @param id its id
 * @param name its name, for people
 * @param joined when, in microseconds of database time
 * @param holds how many slots it holds or runs, counted up to the limit asked for
 */
public record Node(long id, String name, long joined, long holds) {}
