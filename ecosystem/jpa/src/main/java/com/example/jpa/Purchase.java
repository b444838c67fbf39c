package com.example.jpa;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;

@Entity
public class Purchase {

    @Id
    private String id;

    /** No two purchases may have the same. */
    @Column(unique = true)
    private String reference;

    private String state;

    protected Purchase() {}

    Purchase(String id, String reference) {
        this.id = id;
        this.reference = reference;
        this.state = "OPEN";
    }

    public String getId() {
        return id;
    }

    public String getState() {
        return state;
    }

    void review() {
        state = "REVIEWED";
    }

    void cancel() {
        state = "CANCELLED";
    }
}
