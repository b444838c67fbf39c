package io.asyncslot.cluster.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.cluster.store.Trouble;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of SQLSTATEs, for a statement that was under way. */
class TroubleTests {

    @ParameterizedTest
    @CsvSource({
        "08006, LOST, true",
        "08001, LOST, false",
        "08003, LOST, false",
        "57P01, LOST, true",
        "57P03, LOST, false",
        "58030, LOST, true",
        "40003, LOST, true",
        "'', LOST, true",
        "53300, BUSY, false",
        "53100, BUSY, false",
        "25006, READ_ONLY, false",
        "57014, TIMEOUT, false",
        "55P03, TIMEOUT, false",
        "25P03, TIMEOUT, false",
        "40001, RETRY, false",
        "40P01, RETRY, false",
        "25P02, CONFLICT, false",
        "23505, CONFLICT, false",
        "90007, LOST, false",
        "90067, LOST, true",
        "90098, LOST, true",
        "90121, LOST, true",
        "90097, READ_ONLY, false",
        "90131, RETRY, false",
        "42P01, BUG, false",
        "22003, BUG, false",
    })
    void state_meansOneThing(String state, Trouble trouble, boolean inDoubt) {
        SQLException failure = new SQLException("no", state);
        assertThat(SqlStates.of(failure, false)).isEqualTo(trouble);
        assertThat(SqlStates.isInDoubt(failure)).isEqualTo(inDoubt);
    }

    @Test
    void withoutAConnection_aPoolsTimeoutIsNoLostConnection_andAWrongPasswordIsNoBug() {
        assertThat(SqlStates.of(new SQLException("timed out"), true)).isEqualTo(Trouble.BUSY);
        assertThat(SqlStates.of(new SQLException("timed out", "08001"), true)).isEqualTo(Trouble.LOST);
        assertThat(SqlStates.of(new SQLException("password", "28P01"), true)).isEqualTo(Trouble.LOST);
    }
}
