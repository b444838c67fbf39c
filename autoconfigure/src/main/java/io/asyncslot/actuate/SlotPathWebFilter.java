package io.asyncslot.actuate;

import java.nio.charset.StandardCharsets;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/** Answers 400 to requests whose path may name another slot than was meant; for WebFlux. Thread-safe. */
public final class SlotPathWebFilter implements WebFilter {

    private final SlotPath path;

    /**
     * Makes the filter.
     *
     * @param path the path of the endpoint
     */
    public SlotPathWebFilter(SlotPath path) {
        this.path = path;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        if (!path.losesAPart(exchange.getRequest().getPath().value())) {
            return chain.filter(exchange);
        }
        ServerHttpResponse answer = exchange.getResponse();
        answer.setStatusCode(HttpStatus.BAD_REQUEST);
        answer.getHeaders().setContentType(MediaType.APPLICATION_JSON);
        byte[] body = SlotPath.PROBLEM.getBytes(StandardCharsets.UTF_8);
        return answer.writeWith(Mono.just(answer.bufferFactory().wrap(body)));
    }
}
