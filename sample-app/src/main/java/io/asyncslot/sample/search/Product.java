package io.asyncslot.sample.search;

/** A product on sale. */
public record Product(String id, String name, long priceCents, int stock) {}
