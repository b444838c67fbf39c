package io.asyncslot.sample.load;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;

/**
 * How much load, bounded in requests and time.
 *
 * @param url the shop; on this machine only
 * @param kept carts kept alive by requests
 * @param abandoned carts left to expire
 * @param seconds how long the kept ones are kept
 */
record Plan(URI url, int kept, int abandoned, int seconds) {

    private static final int MAX_CARTS = 100_000;
    private static final int MAX_SECONDS = 300;

    static Plan of(String[] args) throws UnknownHostException {
        URI url = URI.create(args.length > 0 ? args[0] : "http://127.0.0.1:8080");
        if (url.getHost() == null || !InetAddress.getByName(url.getHost()).isLoopbackAddress()) {
            throw new IllegalArgumentException("the load goes to a loopback address only, not to '" + url + "'");
        }
        return new Plan(
                url,
                number("kept", args, 1, 2_000, MAX_CARTS),
                number("abandoned", args, 2, 3_000, MAX_CARTS),
                number("seconds", args, 3, 15, MAX_SECONDS));
    }

    /** Carts dropped by their customer. */
    int dropped() {
        return kept / 10;
    }

    /** Carts ordered and paid. */
    int paid() {
        return kept / 10;
    }

    /** Carts ordered and never paid. */
    int unpaid() {
        return kept / 10;
    }

    int carts() {
        return kept + abandoned + dropped() + paid() + unpaid();
    }

    private static int number(String name, String[] args, int at, int otherwise, int most) {
        int value = args.length > at ? Integer.parseInt(args[at]) : otherwise;
        if (value < 1 || value > most) {
            throw new IllegalArgumentException("'" + name + "' must be from 1 to " + most + ": " + value);
        }
        return value;
    }
}
