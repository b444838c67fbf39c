package com.example.aot;

import io.asyncslot.SlotFiring;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkSlots;
import io.asyncslot.annotation.DeleteSlot;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.SubmitSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.annotation.WorkSlot;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.stereotype.Component;

/** Has all that can be prepared ahead of time: callbacks, triggers, maps by name, a map timed by a property. */
@Component
public class Visits {

    private final ConfigurableApplicationContext context;
    private final TimerSlots<Guest> visit;
    private final WorkSlots<Integer> cleaning;

    Visits(
            ConfigurableApplicationContext context,
            TimerSlots<Guest> visit,
            @Qualifier("cleaning") WorkSlots<Integer> cleaning) {
        this.context = context;
        this.visit = visit;
        this.cleaning = cleaning;
    }

    @StartSlot(map = "visit", key = "#guest")
    public void arrive(Guest guest) {}

    @DeleteSlot(map = "visit", key = "#guest")
    @SubmitSlot(map = "farewell", key = "#guest.name")
    public void leave(Guest guest) {}

    @TimerSlot(map = "visit", delay = "1h")
    void over(Guest guest, SlotFiring firing) {
        System.out.println("over: " + guest.name() + " of room " + guest.room());
        System.out.println("others: " + (visit.stats().slots() - 1));
        cleaning.submit(guest.room());
    }

    @WorkSlot(map = "farewell")
    void farewell(String name) {
        System.out.println("farewell: " + name);
    }

    @WorkSlot(map = "cleaning")
    void clean(int room) {
        System.out.println("cleaned: " + room);
        System.exit(SpringApplication.exit(context));
    }
}
