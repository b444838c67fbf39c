package io.asyncslot.actuate;

import io.asyncslot.BackendReport;
import io.asyncslot.spring.BackendSelection;
import java.util.List;
import java.util.Map;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;

/**
 * All maps and backends: the answer of {@code GET /actuator/asyncslots}.
 *
 * @param running whether callbacks run, which is so between start and stop of the application context
 * @param backend which backend was asked for, and which one maps have that name none
 * @param backends what the backends say about themselves
 * @param maps the open maps by name
 */
public record AsyncSlotsDescriptor(
        boolean running, BackendSelection backend, List<BackendReport> backends, Map<String, SlotMapDescriptor> maps)
        implements OperationResponseBody {}
