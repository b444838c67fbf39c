/** The shop in containers: real timers and work items of the kernel, seen through Actuator and through bpftool. */
@NullMarked
package io.asyncslot.container;

import org.jspecify.annotations.NullMarked;
