package io.asyncslot.container;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the kernel holds, said by bpftool and by the kernel's own list of timers: nothing of AsyncSlot is asked. Runs its
 * commands in a privileged container.
 */
final class KernelWitness {

    private static final JsonMapper JSON = new JsonMapper();

    /** Two lines for each timer: the function it calls, then when. */
    private static final Pattern BPF_TIMER = Pattern.compile("bpf_timer_cb,[^\\n]*\\n\\s*# expires at (\\d+)-");

    private static final int KEY_DATA = 8;
    private static final int DEADLINE_SHIFT = 12;
    private static final long ARMED = 1;
    private static final long NANOS_PER_MICRO = 1_000;

    private final ShopContainer lookout;
    private final Map<String, List<String>> maps;

    private KernelWitness(ShopContainer lookout, Map<String, List<String>> maps) {
        this.lookout = lookout;
        this.maps = maps;
    }

    /** Looks at the maps that were loaded together with a program. */
    static KernelWitness ofProgram(ShopContainer lookout, long program) {
        JsonNode shown = bpftool(lookout, "prog", "show", "id", Long.toString(program));
        long types = shown.required("btf_id").asLong();
        Map<String, List<String>> maps = new HashMap<>();
        for (JsonNode map : bpftool(lookout, "map", "show")) {
            if (map.path("btf_id").asLong() == types) {
                maps.put(
                        map.required("name").asString(),
                        List.of("id", map.required("id").asString()));
            }
        }
        // the ring has no types of its own, but the program names it
        for (JsonNode id : shown.required("map_ids")) {
            JsonNode map = bpftool(lookout, "map", "show", "id", id.asString());
            maps.put(map.required("name").asString(), List.of("id", id.asString()));
        }
        return new KernelWitness(lookout, maps);
    }

    /** Looks at the maps pinned in a directory. */
    static KernelWitness ofPins(ShopContainer lookout, String directory) {
        Map<String, List<String>> maps = new HashMap<>();
        for (String name : List.of("slot_control", "slot_keys")) {
            maps.put(name, List.of("pinned", directory + "/" + name));
        }
        return new KernelWitness(lookout, maps);
    }

    /** One record of {@code slot_control}. */
    record Control(long word, long kind, long fires, long firedAtNanos) {

        static final long TIMER = 1;
        static final long WORK = 2;

        boolean armed() {
            return (word & ARMED) != 0;
        }

        /** Of a slot on the monotonic clock, in nanoseconds of that clock. */
        long deadlineNanos() {
            return (word >>> DEADLINE_SHIFT) * NANOS_PER_MICRO;
        }
    }

    /** A program as bpftool shows it. */
    static JsonNode program(ShopContainer lookout, long id) {
        return bpftool(lookout, "prog", "show", "id", Long.toString(id));
    }

    /** What a map is made of, as bpftool shows it. */
    JsonNode map(String name) {
        return bpftool("show", name);
    }

    List<String> mapNames() {
        return maps.keySet().stream().sorted().toList();
    }

    /** The record of a key's slot; empty when no slot has the key. */
    Optional<Control> control(String key) {
        List<Integer> places = new ArrayList<>();
        for (JsonNode entry : bpftool("dump", "slot_keys")) {
            JsonNode bytes = entry.required("value");
            if (key.equals(key(bytes))) {
                places.add(littleEndian(entry.required("key"), Integer.BYTES));
            }
        }
        return places.stream()
                .map(this::control)
                .filter(control -> control.kind() != 0)
                .findFirst();
    }

    /**
     * Starts a slot of the drill and looks at it; empty where it was due before the look was over, or where the kernel had
     * no memory for its timer at that moment.
     */
    Optional<Control> startAndSee(Shop shop, String key, Duration delay) {
        if (!shop.start(key, delay).equals("STARTED")) {
            throw new AssertionError("slot " + key + " was there");
        }
        return control(key).filter(Control::armed).filter(armed -> timersAt(armed.deadlineNanos()) == 1);
    }

    /** Records of all slots. */
    Stream<Control> controls() {
        return bpftool("dump", "slot_control")
                .valueStream()
                .map(entry -> read(entry.required("formatted").required("value")))
                .filter(control -> control.kind() != 0);
    }

    private Control control(int place) {
        List<String> arguments = new ArrayList<>(List.of("lookup"));
        arguments.addAll(selector("slot_control"));
        arguments.addAll(List.of("key", "hex"));
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
            arguments.add(String.format("%02x", place >> shift & 0xff));
        }
        JsonNode found = bpftool(
                lookout, Stream.concat(Stream.of("map"), arguments.stream()).toArray(String[]::new));
        return read(found.required("formatted").required("value"));
    }

    private static Control read(JsonNode record) {
        return new Control(
                record.required("word").asLong(),
                record.required("kind").asLong(),
                record.required("fires").asLong(),
                record.required("kernel_fired_at").asLong());
    }

    /** How many BPF timers the kernel's list has that expire at that very nanosecond of CLOCK_MONOTONIC. */
    long timersAt(long nanos) {
        return timersWithin(nanos, Duration.ofNanos(1));
    }

    /** How many BPF timers the kernel's list has that expire at that nanosecond of CLOCK_MONOTONIC or less than a time later. */
    long timersWithin(long nanos, Duration time) {
        Matcher timers = BPF_TIMER.matcher(lookout.run("cat", "/host/proc/timer_list"));
        return timers.results()
                .mapToLong(timer -> Long.parseLong(timer.group(1)) - nanos)
                .filter(after -> after >= 0 && after < time.toNanos())
                .count();
    }

    private static String key(JsonNode record) {
        int length = littleEndian(record, Short.BYTES);
        byte[] bytes = new byte[length];
        for (int index = 0; index < length; index++) {
            bytes[index] = (byte) number(record.get(KEY_DATA + index));
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static int littleEndian(JsonNode bytes, int count) {
        int value = 0;
        for (int index = count - 1; index >= 0; index--) {
            value = value << Byte.SIZE | number(bytes.get(index));
        }
        return value;
    }

    private static int number(JsonNode hexadecimal) {
        return Integer.decode(hexadecimal.asString());
    }

    private JsonNode bpftool(String verb, String map) {
        List<String> arguments = new ArrayList<>(List.of("map", verb));
        arguments.addAll(selector(map));
        return bpftool(lookout, arguments.toArray(String[]::new));
    }

    private List<String> selector(String map) {
        List<String> selector = maps.get(map);
        if (selector == null) {
            throw new AssertionError("there is no map " + map + " among " + mapNames());
        }
        return selector;
    }

    private static JsonNode bpftool(ShopContainer lookout, String... arguments) {
        String[] command = Stream.concat(Stream.of("bpftool", "-j"), Arrays.stream(arguments))
                .toArray(String[]::new);
        return JSON.readTree(lookout.run(command));
    }
}
