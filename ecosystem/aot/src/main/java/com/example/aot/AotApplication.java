package com.example.aot;

import org.springframework.aot.AotDetector;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

@SpringBootApplication
public class AotApplication {

    public static void main(String[] args) {
        SpringApplication.run(AotApplication.class, args);
    }

    @Bean
    CommandLineRunner visit(Visits visits) {
        return args -> {
            System.out.println("generated: " + AotDetector.useGeneratedArtifacts());
            visits.arrive(new Guest("Ada", 3));
            visits.arrive(new Guest("Bob", 1));
            visits.leave(new Guest("Bob", 1));
        };
    }
}
