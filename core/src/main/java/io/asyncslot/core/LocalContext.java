package io.asyncslot.core;

import io.asyncslot.spi.BackendContext;

/**
 * What the maps of one machine-local backend share.
 *
 * @param backend the backend's name
 * @param injected what the registry injected into the backend
 * @param keeper what measures time for the maps
 */
public record LocalContext(String backend, BackendContext injected, Timekeeper keeper) {}
