package com.example.fatjar;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Makes its map in a request of alice's, on a thread whose class loader knows nothing; says what its callback sees, and ends
 * from there, with 7. Nothing else keeps it alive.
 */
@SpringBootApplication
public class FatJarApplication implements CommandLineRunner {

    private static final InheritableThreadLocal<String> USER = new InheritableThreadLocal<>();

    private final AsyncSlotRegistry registry;
    private final ConfigurableApplicationContext context;

    FatJarApplication(AsyncSlotRegistry registry, ConfigurableApplicationContext context) {
        this.registry = registry;
        this.context = context;
    }

    public static void main(String[] args) {
        SpringApplication.run(FatJarApplication.class, args);
    }

    @Override
    public void run(String... args) throws InterruptedException {
        Thread request = new Thread(() -> {
            USER.set("alice");
            TimerSlots<String> map = registry.register(TimerMapSpec.named("look", String.class)
                    .callback((key, firing) -> look())
                    .build());
            map.start("once", Duration.ofMillis(500));
        });
        request.setContextClassLoader(new URLClassLoader("of a request", new URL[0], null));
        request.setDaemon(true);
        request.start();
        request.join();
    }

    private void look() {
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        System.out.println("user: " + USER.get());
        System.out.println("loader: " + loader.getClass().getSimpleName());
        System.out.println("class: " + found(loader));
        System.out.println("resource: " + (loader.getResource("marker.txt") != null));
        System.exit(SpringApplication.exit(context, () -> 7));
    }

    private static boolean found(ClassLoader loader) {
        try {
            return loader.loadClass("com.example.fatjar.FatJarApplication") == FatJarApplication.class;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
