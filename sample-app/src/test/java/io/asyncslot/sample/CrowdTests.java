package io.asyncslot.sample;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/** The page to click through, and the visitors that its button sends. */
@ShopTest
@TestPropertySource(properties = "shop.reservation=5s") // the crowd waits for that
class CrowdTests {

    private static final int VISITORS = 40;

    @Autowired
    private Customer customer;

    @Test
    void pageIsServedWithItsScriptAndStyle() {
        assertThat(page("/")).contains("<title>AsyncSlot: the sample shop</title>", "shop.js", "shop.css");
        assertThat(page("/shop.js")).contains("actuator/asyncslots");
        assertThat(page("/shop.css")).contains("light-dark(");
    }

    @Test
    void eachVisitorTakesACart_andEveryCartComesToItsEnd() throws InterruptedException {
        long before = carts();
        customer.post("/crowd?visitors=" + VISITORS, HttpStatus.NO_CONTENT);
        assertThat(carts()).isEqualTo(before + VISITORS);
        assertThat(Customer.await(() -> customer.count("/carts/OPEN"), open -> open == 0))
                .as("carts whose visitors fell silent, and that did not expire")
                .isZero();
        assertThat(carts()).isEqualTo(before + VISITORS);
        assertThat(Customer.await(() -> slots("visitor") + slots("reservation"), left -> left == 0))
                .as("slots left behind")
                .isZero();
    }

    @Test
    void crowdsOfSenselessSizesAreRefused() {
        customer.post("/crowd?visitors=0", HttpStatus.BAD_REQUEST);
        customer.post("/crowd?visitors=10001", HttpStatus.BAD_REQUEST);
    }

    @Test
    void shopThatMayNotBeKilledSaysSo() {
        assertThat(customer.get("/node").required("killable").asBoolean()).isFalse();
        assertThat(customer.delete("/node", HttpStatus.CONFLICT)
                        .required("detail")
                        .asString())
                .contains("shop.killable");
    }

    private String page(String path) {
        return customer.text(path, MediaType.ALL);
    }

    /** All carts there are, by one look: between two looks a cart may change its state. */
    private long carts() {
        long sum = 0;
        for (JsonNode count : customer.get("/stats").required("carts")) {
            sum += count.asLong();
        }
        return sum;
    }

    private long slots(String map) {
        return customer.get("/actuator/asyncslots")
                .required("maps")
                .required(map)
                .required("slots")
                .asLong();
    }
}
