package com.example.devtools;

import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.TimerSlot;
import java.util.Objects;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.stereotype.Component;

@Component
public class Pages {

    Pages(@Qualifier("page") TimerSlots<Page> pages) {
        Objects.requireNonNull(pages); // its own map, which it needs before that is there
    }

    @TimerSlot(map = "page")
    void stale(Page page) {
        if (page.path().startsWith("near ")) {
            System.out.println(page.path());
            return;
        }
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        System.out.println("stale " + page.path()
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
