package io.asyncslot.kernel;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * What a touch by a BPF program costs on this machine, by the kernel's statistics of programs. Run by hand, on an otherwise
 * idle machine, as root: {@code java --enable-native-access=ALL-UNNAMED -cp target/classes:target/test-classes
 * io.asyncslot.kernel.TouchMeasurement}.
 */
@SuppressWarnings("try") // what is attached is attached while the block goes on
final class TouchMeasurement {

    private static final int SLOTS = 512;
    private static final int TIMES = 1_000_000;
    private static final int ROUNDS = 5;

    private TouchMeasurement() {}

    public static void main(String[] arguments) throws Exception {
        Path path = OwnBpffs.mount("0755").resolve("measurement");
        KernelSettings settings = KernelSettings.of(65_536, 32, path, "measurement");
        KernelOptions options = KernelOptions.defaults().withTouchable(Set.of("idle"));
        try (AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                        .backend(new KernelBackend(settings, options))
                        .build();
                AutoCloseable ignored = Toucher.statistics()) {
            TimerSlots<Integer> map = registry.register(TimerMapSpec.named("idle", Integer.class)
                    .delay(Duration.ofHours(1))
                    .callback((key, firing) -> {})
                    .build());
            registry.start();
            for (int key = 0; key < SLOTS; key++) {
                map.start(key);
            }
            map.find(0);
            try (Toucher toucher = Toucher.load(path)) {
                System.out.println("per run of an XDP program, statistics included; least and middle of " + ROUNDS);
                double[] without = measure(toucher, "on_xdp_untouched", 7);
                double[] absent = measure(toucher, "on_xdp", 1_000_000);
                double[] touched = measure(toucher, "on_xdp", 7);
                print("without a touch", without, without);
                print("key not in the index", absent, without);
                print("key touched", touched, without);
            }
        }
        new KernelLoader(System.out, System.err).run(List.of("--pin-path", path.toString(), "--drop"));
    }

    private static double[] measure(Toucher toucher, String program, int key) {
        double[] each = new double[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            Toucher.Runs before = toucher.runs(program);
            toucher.run(program, key, TIMES);
            each[i] = toucher.runs(program).since(before).nanosEach();
        }
        Arrays.sort(each);
        return each;
    }

    private static void print(String what, double[] each, double[] without) {
        System.out.printf(
                "%-24s %6.1f ns %6.1f ns   more than without: %6.1f ns %6.1f ns%n",
                what, each[0], each[ROUNDS / 2], each[0] - without[0], each[ROUNDS / 2] - without[ROUNDS / 2]);
    }
}
