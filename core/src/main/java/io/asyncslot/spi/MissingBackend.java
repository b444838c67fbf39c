package io.asyncslot.spi;

/**
 * The reason why a backend that was chosen is missing. Immutable.
 *
 * @param reason why, as the end of a sentence
 * @param remedy what to do about it, a sentence
 */
public record MissingBackend(String reason, String remedy) {}
