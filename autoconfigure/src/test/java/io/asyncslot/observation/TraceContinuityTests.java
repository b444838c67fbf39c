package io.asyncslot.observation;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.autoconfigure.AsyncSlotObservationAutoConfiguration;
import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.micrometer.tracing.autoconfigure.MicrometerTracingAutoConfiguration;
import org.springframework.boot.micrometer.tracing.opentelemetry.autoconfigure.OpenTelemetryTracingAutoConfiguration;
import org.springframework.boot.opentelemetry.autoconfigure.OpenTelemetrySdkAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** The span of a run and the span in which its slot was armed, with OpenTelemetry's own spans. */
class TraceContinuityTests {

    private static final Duration DELAY = Duration.ofMinutes(1);

    private final ManualSlots slots = new ManualSlots();
    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();

    private final ApplicationContextRunner runner = slots.beans()
            .apply(new ApplicationContextRunner())
            .withConfiguration(AutoConfigurations.of(
                    AsyncSlotAutoConfiguration.class,
                    AsyncSlotObservationAutoConfiguration.class,
                    ObservationAutoConfiguration.class,
                    OpenTelemetrySdkAutoConfiguration.class,
                    OpenTelemetryTracingAutoConfiguration.class,
                    MicrometerTracingAutoConfiguration.class))
            .withBean(SimpleSpanProcessor.class, () -> (SimpleSpanProcessor) SimpleSpanProcessor.create(exporter))
            .withPropertyValues("management.tracing.sampling.probability=1");

    @AfterEach
    void close() {
        slots.close();
    }

    @Test
    void byDefault_runBeginsATraceThatLinksToTheArmingSpan() {
        run(runner, trace -> {
            SpanContext request = trace.request("request", timers -> timers.start("a"));
            SpanData run = trace.fire();
            assertThat(run.getName()).isEqualTo("slot cart");
            assertThat(run.getParentSpanId()).isEqualTo(SpanId.getInvalid());
            assertThat(run.getTraceId()).isNotEqualTo(request.getTraceId());
            assertThat(run.getLinks()).singleElement().satisfies(link -> checkSame(link.getSpanContext(), request));
            assertThat(run.getAttributes().asMap().toString())
                    .contains("map=cart")
                    .doesNotContain("asyncslot.key");
            assertThat(trace.currentSpans).containsExactly(run.getSpanId());
        });
    }

    @Test
    void parent_runIsAChildOfTheArmingSpan() {
        run(runner.withPropertyValues("asyncslot.observation.continuity=parent"), trace -> {
            SpanContext request = trace.request("request", timers -> timers.start("a"));
            SpanData run = trace.fire();
            checkSame(run.getParentSpanContext(), request);
            assertThat(run.getTraceId()).isEqualTo(request.getTraceId());
            assertThat(run.getLinks()).isEmpty();
        });
    }

    @Test
    void none_runHasNoTie_andNothingIsKept() {
        run(runner.withPropertyValues("asyncslot.observation.continuity=none"), trace -> {
            trace.request("request", timers -> timers.start("a"));
            checkUntied(trace.fire());
            assertThat(trace.handler.armingTrace()).isNull();
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"LINK", "PARENT"})
    void eachKeyAndEachArmedPeriod_hasItsOwnTie(TraceContinuity continuity) {
        run(runner.withPropertyValues("asyncslot.observation.continuity=" + continuity), trace -> {
            SpanContext first = trace.request("first", timers -> timers.start("a"));
            SpanContext other = trace.request("other", timers -> timers.start("b", DELAY.plusSeconds(1)));
            checkTied(trace.fire(), first);
            checkTied(trace.fire(), other);

            trace.request("replaced", timers -> timers.start("a"));
            SpanContext second = trace.request("second", timers -> timers.start("a"));
            trace.request("touch", timers -> timers.touch("a"));
            checkTied(trace.fire(), second);

            trace.timers.start("a");
            checkUntied(trace.fire());
        });
    }

    @Test
    void submit_isTiedAsAStartIs_alsoWhereTheCallerRunsTheCallback() {
        run(runner, trace -> {
            WorkSlots<String> works = trace.registry.register(WorkMapSpec.named("work", String.class)
                    .callback((key, firing) -> {})
                    .build());
            SpanContext request = trace.request("request", timers -> works.submit("a"));
            checkTied(trace.next(), request);
        });
    }

    @Test
    void failure_isTheSpansError() {
        run(runner, trace -> {
            trace.timers.rebind((key, firing) -> {
                throw new IllegalStateException("bad");
            });
            trace.request("request", timers -> timers.start("a"));
            SpanData run = trace.fire();
            assertThat(run.getStatus().getStatusCode())
                    .isEqualTo(StatusData.error().getStatusCode());
        });
    }

    private static void checkTied(SpanData run, SpanContext armedIn) {
        SpanContext tie = run.getLinks().isEmpty()
                ? run.getParentSpanContext()
                : run.getLinks().get(0).getSpanContext();
        checkSame(tie, armedIn);
    }

    private static void checkSame(SpanContext tie, SpanContext armedIn) {
        assertThat(tie.getSpanId()).isEqualTo(armedIn.getSpanId());
        assertThat(tie.getTraceId()).isEqualTo(armedIn.getTraceId());
    }

    private static void checkUntied(SpanData run) {
        assertThat(run.getParentSpanId()).isEqualTo(SpanId.getInvalid());
        assertThat(run.getLinks()).extracting(LinkData::getSpanContext).isEmpty();
    }

    private void run(ApplicationContextRunner configured, Consumer<Traced> test) {
        configured.run(context -> test.accept(new Traced(
                context.getBean(Tracer.class),
                context.getBean(AsyncSlotRegistry.class),
                context.getBean(SlotTracingObservationHandler.class))));
    }

    /** A map of timers in a traced application. */
    private final class Traced {
        final List<@Nullable String> currentSpans = new ArrayList<>();
        final Tracer tracer;
        final AsyncSlotRegistry registry;
        final SlotTracingObservationHandler handler;
        final TimerSlots<String> timers;

        Traced(Tracer tracer, AsyncSlotRegistry registry, SlotTracingObservationHandler handler) {
            this.tracer = tracer;
            this.registry = registry;
            this.handler = handler;
            this.timers = registry.register(TimerMapSpec.named("cart", String.class)
                    .delay(DELAY)
                    .callback((key, firing) -> {
                        Span current = tracer.currentSpan();
                        currentSpans.add(
                                current == null ? null : current.context().spanId());
                    })
                    .build());
        }

        /** Does something in a span; answers which. */
        SpanContext request(String name, Consumer<TimerSlots<String>> action) {
            Span span = tracer.nextSpan().name(name).start();
            Tracer.SpanInScope scope = tracer.withSpan(span);
            try {
                action.accept(timers);
            } finally {
                scope.close();
                span.end();
            }
            return exporter.getFinishedSpanItems().stream()
                    .filter(ended -> ended.getName().equals(name))
                    .findFirst()
                    .orElseThrow()
                    .getSpanContext();
        }

        /** Fires what is due next; answers its span. */
        SpanData fire() {
            exporter.reset();
            slots.advance(DELAY);
            return next();
        }

        SpanData next() {
            List<SpanData> runs = exporter.getFinishedSpanItems().stream()
                    .filter(ended -> ended.getName().startsWith("slot "))
                    .toList();
            assertThat(runs).hasSize(1);
            exporter.reset();
            return runs.get(0);
        }
    }
}
