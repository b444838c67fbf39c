package com.example.kotlin

import io.asyncslot.AsyncSlotRegistry
import io.asyncslot.RunState
import io.asyncslot.TimerMapSpec
import io.asyncslot.TimerSlots
import java.time.Duration
import java.time.Instant
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.assertj.core.api.Assertions.assertThat
import org.assertj.core.api.Assertions.assertThatIllegalStateException
import org.assertj.core.api.Assertions.assertThatThrownBy
import org.awaitility.Awaitility.await
import org.junit.jupiter.api.Test
import org.springframework.beans.factory.annotation.Autowired
import org.springframework.beans.factory.annotation.Qualifier
import org.springframework.boot.SpringApplication
import org.springframework.boot.test.context.SpringBootTest

@SpringBootTest
class KotlinTests(
    @Autowired val sessions: Sessions,
    @Autowired val registry: AsyncSlotRegistry,
    @Autowired @Qualifier("session") val map: TimerSlots<SessionKey>,
) {

    @Test
    fun `suspend function arms with what it returned, its default arguments included`() {
        val before = Instant.now()
        val session = runBlocking { sessions.login("ada") }
        assertThat(session.token).isEqualTo("token of ada")
        val slot = map.find(SessionKey("ada")).orElseThrow()
        assertThat(slot.runState()).isEqualTo(RunState.ARMED)
        assertThat(slot.deadline()).isAfter(before.plus(Duration.ofMinutes(29)))
    }

    @Test
    fun `suspend function that fails arms nothing`() {
        assertThatIllegalStateException().isThrownBy { runBlocking { sessions.login("mallory") } }
        assertThat(map.find(SessionKey("mallory"))).isEmpty()
    }

    @Test
    fun `suspend function without a result arms, by a key that is equal`() {
        runBlocking {
            sessions.extend(SessionKey("bob", 1))
            sessions.extend(SessionKey("bob", 1))
            sessions.extend(SessionKey("bob", 2))
        }
        assertThat(map.find(SessionKey("bob", 1))).isPresent()
        assertThat(map.find(SessionKey("bob", 2))).isPresent()
        assertThat(map.find(SessionKey("bob", 3))).isEmpty()
    }

    @Test
    fun `flow arms when it was collected, and not before`() {
        val key = SessionKey("cleo")
        val events = sessions.events(key)
        assertThat(map.find(key)).isEmpty()
        assertThat(runBlocking { events.toList() }).containsExactly("first", "last")
        assertThat(map.find(key)).isPresent()
    }

    @Test
    fun `callback fires with its data class, and a function with default arguments cancels`() {
        runBlocking { sessions.login("dora", limit = Duration.ofMillis(20)) }
        await().atMost(Duration.ofSeconds(30)).until { "dora: expired, attempt 1" in sessions.ended }
        runBlocking { sessions.login("emil", device = 7) }
        sessions.logout(SessionKey("emil", 7))
        assertThat(sessions.ended).contains("emil: by hand")
        assertThat(map.find(SessionKey("emil", 7))).isEmpty()
    }

    @Test
    fun `map at run time takes a lambda`() {
        val fired = CompletableFuture<String>()
        val spec = TimerMapSpec.named("retry", String::class.java)
            .callback { key, _ -> fired.complete(key) }
            .build()
        registry.register(spec).start("letter", Duration.ZERO)
        assertThat(fired.get(30, TimeUnit.SECONDS)).isEqualTo("letter")
    }

    @Test
    fun `callback that suspends is refused, with the reason`() {
        assertThatThrownBy { SpringApplication.run(Suspending::class.java) }
            .rootCause()
            .hasMessageContaining("is a suspend function")
    }
}
