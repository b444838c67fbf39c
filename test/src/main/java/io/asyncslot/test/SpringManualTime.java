package io.asyncslot.test;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/** Finds the manual time of a Spring test; a class of its own, so that tests without Spring do not need it. */
final class SpringManualTime {

    private SpringManualTime() {}

    static ManualTime of(ExtensionContext context) {
        return SpringExtension.getApplicationContext(context).getBean(ManualTime.class);
    }
}
