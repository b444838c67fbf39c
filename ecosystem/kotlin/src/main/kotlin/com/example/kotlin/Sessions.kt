package com.example.kotlin

import io.asyncslot.SlotFiring
import io.asyncslot.annotation.CancelSlot
import io.asyncslot.annotation.StartSlot
import io.asyncslot.annotation.TimerSlot
import java.time.Duration
import java.util.concurrent.CopyOnWriteArrayList
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import org.springframework.stereotype.Service

/** The key of a session: equal by its values. */
data class SessionKey(val user: String, val device: Int = 0)

data class Session(val key: SessionKey, val token: String)

@Service
class Sessions {

    val ended = CopyOnWriteArrayList<String>()

    /** Arms once the session is there, after having been suspended. */
    @StartSlot(map = "session", key = "#result.key", delay = "#limit")
    suspend fun login(user: String, device: Int = 0, limit: Duration = Duration.ofMinutes(30)): Session {
        delay(20)
        check(user != "mallory") { "not $user" }
        return Session(SessionKey(user, device), "token of $user")
    }

    /** Arms although it answers nothing. */
    @StartSlot(map = "session", key = "#key")
    suspend fun extend(key: SessionKey) {
        delay(20)
    }

    /** Arms when the last event was collected. */
    @StartSlot(map = "session", key = "#key")
    fun events(key: SessionKey): Flow<String> = flow {
        emit("first")
        delay(20)
        emit("last")
    }

    @CancelSlot(map = "session", key = "#key")
    fun logout(key: SessionKey, reason: String = "by hand") {
        ended += "${key.user}: $reason"
    }

    @TimerSlot(map = "session", delay = "30m")
    fun expired(key: SessionKey, firing: SlotFiring) {
        ended += "${key.user}: expired, attempt ${firing.attempt()}"
    }
}
