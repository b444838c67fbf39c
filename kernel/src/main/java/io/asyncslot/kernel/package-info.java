/**
 * The kernel backend: slots that the Linux kernel measures and fires, as {@code bpf_timer} and {@code bpf_wq}.
 */
@NullMarked
package io.asyncslot.kernel;

import org.jspecify.annotations.NullMarked;
