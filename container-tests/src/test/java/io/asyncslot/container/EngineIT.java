package io.asyncslot.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Says whether the other tests here run; where they have to, their being skipped is a failure. */
@ExtendWith(Findings.class)
class EngineIT {

    @Test
    void containersCanBeStarted() {
        Engine.require();
        assertThat(Engine.obstacle()).isEmpty();
        Findings.note(
                "base image %s, %s",
                Engine.base(),
                Engine.privilege() == Privilege.PRIVILEGED
                        ? "privileged containers"
                        : "no privileged containers, every capability of the host instead");
    }

    /** What engines say of themselves, and the lack of it. */
    @Test
    void rootlessEngineIsTold() {
        assertThat(Engine.isRootless(List.of("name=seccomp,profile=default", "name=rootless", "name=cgroupns")))
                .isTrue();
        assertThat(Engine.isRootless(List.of("name=seccomp,profile=default"))).isFalse();
        assertThat(Engine.isRootless(null)).isFalse();
    }
}
