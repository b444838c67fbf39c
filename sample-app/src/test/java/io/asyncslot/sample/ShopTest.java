package io.asyncslot.sample;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.micrometer.metrics.test.autoconfigure.AutoConfigureMetrics;
import org.springframework.boot.resttestclient.autoconfigure.AutoConfigureRestTestClient;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Import;
import org.springframework.test.annotation.DirtiesContext;

/** The whole shop on a port of its own. What is to expire is fired by its operator; the other delays are waited for. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "shop.reservation=60s",
            "shop.payment=60s",
            "shop.tenant-poll=100ms",
            "shop.webhook-quiet=2s",
            "shop.webhook-cap=4s",
            "shop.audit-wait=300ms",
            "shop.indexing=150ms",
            "shop.visit=200ms",
            "management.endpoint.asyncslots.access=unrestricted",
            "spring.datasource.generate-unique-name=true",
            "spring.datasource.url="
        })
@AutoConfigureRestTestClient
@AutoConfigureMetrics
@Import(Customer.class)
@DirtiesContext
@interface ShopTest {}
