package com.example.devtools;

public record Page(String path) {}
