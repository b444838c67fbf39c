package io.asyncslot.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Run by a test as a process of an ordinary user: uses pinned slots and says what it is allowed. */
final class UnprivilegedUse {

    private UnprivilegedUse() {}

    public static void main(String[] arguments) throws IOException {
        System.out.println("uid " + Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("CapEff"))
                .forEach(System.out::println);
        try (LibbpfPort port = LibbpfPort.open(KernelSettings.of(64, 32, Path.of(arguments[0]), "an ordinary user"))) {
            SlotDriver driver = new SlotDriver(port);
            for (int i = 0; i < 5; i++) {
                driver.slot(i, Layout.KIND_TIMER, SlotDriver.MONOTONIC);
                int result = driver.start(i, SlotDriver.MONOTONIC, System.nanoTime() + 5_000_000);
                if (result != 0) {
                    System.out.println("start: " + Errno.words(result));
                }
            }
            List<SlotDriver.Fired> fired = driver.await(5, 30_000);
            System.out.println("fired " + fired.size());
            System.out.println("armed " + port.inspect(0).timerArmed());
        }
    }
}
