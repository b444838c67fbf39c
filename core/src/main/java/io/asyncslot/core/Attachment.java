package io.asyncslot.core;

import org.jspecify.annotations.Nullable;

/** What owners have left for the next delivery of a firing: a short chain, one link an owner. Immutable. */
record Attachment(Object owner, Object object, @Nullable Attachment next) {

    /** What an owner has left; null when that is nothing. */
    static @Nullable Object of(Object owner, @Nullable Attachment chain) {
        for (Attachment link = chain; link != null; link = link.next) {
            if (link.owner == owner) {
                return link.object;
            }
        }
        return null;
    }

    /** The chain with another object of one owner; null for none. */
    static @Nullable Attachment with(Object owner, @Nullable Object object, @Nullable Attachment chain) {
        Attachment others = without(owner, chain);
        return object == null ? others : new Attachment(owner, object, others);
    }

    private static @Nullable Attachment without(Object owner, @Nullable Attachment chain) {
        if (chain == null) {
            return null;
        }
        return chain.owner == owner
                ? chain.next
                : new Attachment(chain.owner, chain.object, without(owner, chain.next));
    }
}
