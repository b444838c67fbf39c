package com.example.refresh;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

@SpringBootApplication
public class RefreshScopeApplication {

    public static void main(String[] args) {
        SpringApplication.run(RefreshScopeApplication.class, args);
    }
}
