package io.asyncslot.test.explore;

/**
 * The coverage of an exploration without a failure.
 *
 * @param runs how many orders were tried
 * @param exhaustive whether these are all orders that exist
 * @param longest how many steps the longest run had
 * @param seed the seed of the orders drawn at random, if not all could be tried
 */
public record Exploration(int runs, boolean exhaustive, int longest, long seed) {}
