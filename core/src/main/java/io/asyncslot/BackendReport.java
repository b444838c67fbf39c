package io.asyncslot;

import java.util.List;
import java.util.Map;

/**
 * A backend's report on itself: whether it can be used, why not, and what it found.
 *
 * @param name the backend's name
 * @param available whether it can be used here
 * @param reasons why it cannot be used, or what it had to do without; empty when all is well
 * @param details what it found, such as versions and features, in the order to show
 */
public record BackendReport(String name, boolean available, List<String> reasons, Map<String, Object> details) {}
