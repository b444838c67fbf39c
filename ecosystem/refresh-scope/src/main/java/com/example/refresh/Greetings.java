package com.example.refresh;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.stereotype.Component;

/** What has been said. */
@Component
public class Greetings {

    private final List<String> all = new CopyOnWriteArrayList<>();

    void add(String greeting) {
        all.add(greeting);
    }

    public List<String> all() {
        return List.copyOf(all);
    }
}
