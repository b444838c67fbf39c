package com.example.kotlin

import io.asyncslot.annotation.TimerSlot
import kotlinx.coroutines.delay
import org.springframework.boot.autoconfigure.EnableAutoConfiguration

/** Its callback would be over before its work has begun. */
@EnableAutoConfiguration
class Suspending {

    @TimerSlot(map = "suspending", delay = "1s")
    suspend fun fire(key: String) {
        delay(1000)
    }
}
