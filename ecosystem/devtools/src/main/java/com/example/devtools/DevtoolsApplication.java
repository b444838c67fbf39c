package com.example.devtools;

import io.asyncslot.TimerSlots;
import java.time.Duration;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Arms slots at each start, keyed by a class that is loaded again each time: for now, for the time of a restart, and for later. */
@SpringBootApplication
public class DevtoolsApplication implements CommandLineRunner {

    private final TimerSlots<Page> pages;

    DevtoolsApplication(@Qualifier("page") TimerSlots<Page> pages) {
        this.pages = pages;
    }

    public static void main(String[] args) {
        SpringApplication.run(DevtoolsApplication.class, args);
    }

    @Override
    public void run(String... args) {
        int start = Integer.getInteger("starts", 0) + 1; // a restart keeps system properties
        System.setProperty("starts", String.valueOf(start));
        System.out.println("begins with " + pages.stats().slots() + " slots");
        pages.start(new Page("left"), Duration.ofHours(1));
        for (int i = 0; i < 20; i++) {
            pages.start(new Page("near " + start + "-" + i), Duration.ofMillis(400 + i * 100));
        }
        pages.start(new Page("home"), Duration.ofMillis(50));
    }
}
