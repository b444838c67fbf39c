package io.asyncslot.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The generated reference says what the modules say of themselves. */
class ReferenceTests {

    /** Writes the reference anew. */
    static final String COMMAND = "mvn -pl docs -am test -Dtest=ReferenceTests -Dsurefire.failIfNoSpecifiedTests=false"
            + " -Dreference.write=true";

    private static final Path FILE = Path.of("reference.md");

    @BeforeEach
    void everyModuleIsThere() {
        Assumptions.assumeTrue(
                getClass().getResource("/io/asyncslot/kernel/KernelBackend.class") != null,
                "SKIPPED: the kernel module was not built, it needs a JDK 25");
    }

    @Test
    void reference_isUpToDate() throws Exception {
        String made = Reference.text();
        if (Boolean.getBoolean("reference.write")) {
            Files.writeString(FILE, made);
        }
        assertThat(Files.readString(FILE))
                .as("docs/reference.md is out of date; write it anew with: %s", COMMAND)
                .isEqualTo(made);
    }

    @Test
    void reference_hasEachKindOfEntry() throws Exception {
        assertThat(Reference.text())
                .contains("| `asyncslot.backend` | `String` | `jvm` |")
                .contains("| `asyncslot.kernel.pin-path` |")
                .contains("| `max-entries` | `Integer` |")
                .contains("### `@TimerSlot`")
                .contains("| `map` | `String` | (required) |")
                .contains("| `asyncslot.lateness` | `asyncslot_lateness_seconds` | timer | `map`, `backend`, `type` |")
                .contains("| `asyncslot.firing` | `map`, `backend`, `type`, `outcome` | `asyncslot.key` |");
    }
}
