package com.example.reactive;

import org.springframework.data.annotation.Id;

public record Seat(@Id Long id, String name, String state) {}
