package io.asyncslot.sample.crowd;

import io.asyncslot.sample.ShopException;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/crowd")
class CrowdController {

    private static final int MOST = 10_000;

    private final Crowd crowd;

    CrowdController(Crowd crowd) {
        this.crowd = crowd;
    }

    /** Lets visitors come, and answers once all of them have a cart. */
    @PostMapping
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void come(@RequestParam(defaultValue = "1000") int visitors) {
        if (visitors < 1 || visitors > MOST) {
            throw ShopException.badRequest("'visitors' must be 1 to " + MOST + ": " + visitors);
        }
        for (int i = 0; i < visitors; i++) {
            crowd.arrive();
        }
    }
}
