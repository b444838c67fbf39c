package io.asyncslot.test.explore;

/**
 * What an exploration without a failure has covered.
 *
 * @param runs how many orders were tried
 * @param exhaustive whether they are all that there are
 * @param longest how many steps the longest run had
 * @param seed what the orders drawn at random came from, where not all could be tried
 */
public record Exploration(int runs, boolean exhaustive, int longest, long seed) {}
