package com.example.devtools;

import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.TimerSlot;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.stereotype.Component;

@Component
public class Pages {

    private final TimerSlots<Page> pages;

    Pages(@Qualifier("page") TimerSlots<Page> pages) {
        this.pages = pages;
    }

    @TimerSlot(map = "page")
    void stale(Page page) {
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        System.out.println("stale " + page.path()
                + ", armed " + pages.stats().armed()
                + ", own loader " + (loader == Page.class.getClassLoader())
                + ", restarted " + loader.getClass().getSimpleName().equals("RestartClassLoader")
                + ", timer threads " + timerThreads());
    }

    private static long timerThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("asyncslot-timer"))
                .count();
    }
}
