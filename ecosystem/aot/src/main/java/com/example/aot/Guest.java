package com.example.aot;

public record Guest(String name, int room) {}
