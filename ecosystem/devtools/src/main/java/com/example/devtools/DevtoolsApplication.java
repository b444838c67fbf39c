package com.example.devtools;

import io.asyncslot.TimerSlots;
import java.time.Duration;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Arms a slot at each start, keyed by a class that is loaded anew each time, and leaves another one armed. */
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
        pages.start(new Page("left"), Duration.ofHours(1));
        pages.start(new Page("home"), Duration.ofMillis(50));
    }
}
