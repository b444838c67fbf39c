package io.asyncslot.spi;

/**
 * Why a backend that was asked for is not there. Immutable.
 *
 * @param reason why, as the end of a sentence
 * @param remedy what to do about it, a sentence
 */
public record MissingBackend(String reason, String remedy) {}
