package com.example.refresh;

import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.cloud.context.config.annotation.RefreshScope;
import org.springframework.stereotype.Component;

/** Comes anew with each refresh, with the greeting of the day. */
@Component
@RefreshScope
public class Greeter {

    private final String greeting;
    private final Greetings greetings;

    Greeter(@Value("${greeting}") String greeting, Greetings greetings) {
        this.greeting = greeting;
        this.greetings = greetings;
    }

    @StartSlot(map = "greet", key = "#who")
    public void meet(String who) {}

    @TimerSlot(map = "greet", delay = "50ms")
    public void greet(String who) {
        greetings.add(greeting + " " + who);
    }
}
