package com.example.liquibase;

import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** Invitations lapse; their table is Liquibase's. */
@Service
public class Invitations {

    private final JdbcClient jdbc;

    Invitations(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    @Transactional
    @StartSlot(map = "invitation", key = "#guest")
    public void invite(String guest, boolean allowed) {
        jdbc.sql("insert into invitation (guest, state) values (?, 'OPEN')").param(guest).update();
        if (!allowed) {
            throw new IllegalStateException("not allowed");
        }
    }

    @Transactional
    @TimerSlot(map = "invitation", delay = "10m")
    public void lapsed(String guest) {
        jdbc.sql("update invitation set state = 'LAPSED' where guest = ?").param(guest).update();
    }

    public String state(String guest) {
        return jdbc.sql("select state from invitation where guest = ?")
                .param(guest)
                .query(String.class)
                .optional()
                .orElse("NONE");
    }
}
