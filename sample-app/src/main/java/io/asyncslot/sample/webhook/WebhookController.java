package io.asyncslot.sample.webhook;

import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/webhooks/{endpoint}")
class WebhookController {

    private final Webhooks webhooks;

    WebhookController(Webhooks webhooks) {
        this.webhooks = webhooks;
    }

    record Happening(String text) {}

    @PostMapping
    @ResponseStatus(HttpStatus.ACCEPTED)
    void receive(@PathVariable String endpoint, @RequestBody Happening happening) {
        webhooks.received(new Webhooks.Event(endpoint, happening.text()));
    }

    @GetMapping
    List<Webhooks.Event> delivered(@PathVariable String endpoint) {
        return webhooks.delivered(endpoint);
    }
}
