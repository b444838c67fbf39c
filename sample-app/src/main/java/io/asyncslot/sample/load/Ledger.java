package io.asyncslot.sample.load;

import tools.jackson.databind.JsonNode;

/** The counts of the shop and of its slots, at one moment or between two. */
record Ledger(
        long expiredCarts,
        long droppedCarts,
        long orderedCarts,
        long paidOrders,
        long cancelledOrders,
        long stock,
        Slots reservation,
        Slots payment) {

    /** The counts of a map. */
    record Slots(
            long started,
            long rearmed,
            long moved,
            long fired,
            long cancelled,
            long deletedArmed,
            long failed,
            long dropped,
            long armed) {

        static Slots of(JsonNode map) {
            return new Slots(
                    map.required("started").asLong(),
                    map.required("rearmed").asLong(),
                    map.required("moved").asLong(),
                    map.required("fired").asLong(),
                    map.required("cancelled").asLong(),
                    map.required("deletedArmed").asLong(),
                    map.required("failed").asLong(),
                    map.required("dropped").asLong(),
                    map.required("armed").asLong());
        }

        Slots since(Slots before) {
            return new Slots(
                    started - before.started,
                    rearmed - before.rearmed,
                    moved - before.moved,
                    fired - before.fired,
                    cancelled - before.cancelled,
                    deletedArmed - before.deletedArmed,
                    failed - before.failed,
                    dropped - before.dropped,
                    armed - before.armed);
        }
    }

    static Ledger of(Shop shop) {
        JsonNode stats = shop.stats();
        JsonNode maps = shop.slotMaps();
        return new Ledger(
                stats.path("carts").path("EXPIRED").asLong(0),
                stats.path("carts").path("DROPPED").asLong(0),
                stats.path("carts").path("ORDERED").asLong(0),
                stats.path("orders").path("PAID").asLong(0),
                stats.path("orders").path("CANCELLED").asLong(0),
                stats.required("stock").asLong(),
                Slots.of(maps.required("reservation")),
                Slots.of(maps.required("payment")));
    }

    Ledger since(Ledger before) {
        return new Ledger(
                expiredCarts - before.expiredCarts,
                droppedCarts - before.droppedCarts,
                orderedCarts - before.orderedCarts,
                paidOrders - before.paidOrders,
                cancelledOrders - before.cancelledOrders,
                stock - before.stock,
                reservation.since(before.reservation),
                payment.since(before.payment));
    }
}
