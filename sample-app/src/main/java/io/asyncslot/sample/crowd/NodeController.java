package io.asyncslot.sample.crowd;

import io.asyncslot.sample.ShopException;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** This process, one of several perhaps, and its end without a farewell. */
@RestController
@RequestMapping("/node")
class NodeController {

    private static final int KILLED = 137;

    private final Node node;

    NodeController(
            @Value("${asyncslot.cluster.node-name:}") String name,
            @Value("${server.port:8080}") int port,
            @Value("${shop.killable:false}") boolean killable) {
        this.node = new Node(name.isEmpty() ? "shop" : name, port, killable);
    }

    /** What a page shows of this process, and whether it may end it. */
    record Node(String name, int port, boolean killable) {}

    @GetMapping
    Node node() {
        return node;
    }

    /** Ends this process at once, as {@code kill -9} would: no shutdown hook runs, nothing is said to the database. */
    @DeleteMapping
    void kill() {
        if (!node.killable()) {
            throw ShopException.conflict("this shop may not be killed; 'shop.killable' is false");
        }
        Runtime.getRuntime().halt(KILLED);
    }
}
