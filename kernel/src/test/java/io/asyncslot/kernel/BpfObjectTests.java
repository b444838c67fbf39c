package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The committed objects: made of the committed source, and laid out as {@link Layout} says. */
class BpfObjectTests {

    private static final Path SOURCES = Path.of("src/main/bpf");
    private static final Path OBJECTS = Path.of("src/main/resources/io/asyncslot/kernel");
    private static final String REBUILD = "run mvn -pl kernel -Pbpf generate-resources, and commit what it makes";

    private static final long CACHE_LINE = 64;

    @Test
    void objects_areMadeOfTheSource() throws IOException {
        List<String> sums = Files.readAllLines(OBJECTS.resolve("asyncslot.bpf.sums"));
        assertThat(sums).hasSize(4);
        for (String line : sums) {
            String name = line.substring(66);
            Path file = name.endsWith(".o") ? OBJECTS.resolve(name) : SOURCES.resolve(name);
            assertThat(sha256(file))
                    .as("%s is not the one that was built: %s", name, REBUILD)
                    .isEqualTo(line.substring(0, 64));
        }
    }

    @Test
    void objects_areWhatTheCompilerMakes(@TempDir Path made) throws IOException, InterruptedException {
        String compiler =
                Files.readString(OBJECTS.resolve("asyncslot.bpf.compiler")).strip();
        String here = "clang";
        String strip = "llvm-strip";
        if (!firstLine(here, "--version").equals(compiler)) { // a version is in the name where there are several
            String version = compiler.replaceFirst(".*version (\\d+).*", "-$1");
            here += version;
            strip += version;
        }
        assumeTrue(firstLine(here, "--version").equals(compiler), "SKIPPED: no '" + compiler + "' here");
        ProcessBuilder builder = new ProcessBuilder(SOURCES.resolve("build").toString(), made.toString());
        builder.environment().put("CLANG", here);
        builder.environment().put("LLVM_STRIP", strip);
        Process build = builder.redirectErrorStream(true)
                .redirectOutput(made.resolve("log").toFile())
                .start();
        assertThat(build.waitFor(300, TimeUnit.SECONDS)).isTrue();
        assertThat(build.exitValue()).as(Files.readString(made.resolve("log"))).isZero();
        for (ProgramVariant variant : ProgramVariant.values()) {
            assertThat(made.resolve(variant.resource()))
                    .as("%s differs from what its source makes: %s", variant.resource(), REBUILD)
                    .hasSameBinaryContentAs(OBJECTS.resolve(variant.resource()));
        }
    }

    @Test
    void whatTheKernelCounts_sharesNoCacheLineWithWhatEachCallbackReads() {
        long counters = Layout.HEADER_RING_FULL / CACHE_LINE;
        assertThat(List.of(Layout.HEADER_FIRED, Layout.HEADER_START_FAILED, Layout.HEADER_TOUCH_REARMS))
                .allMatch(counter -> counter / CACHE_LINE == counters);
        assertThat(List.of(
                        Layout.HEADER_CLOCK_OFFSET,
                        Layout.HEADER_FLAGS,
                        Layout.HEADER_RETIRED,
                        Layout.HEADER_HAND_OVER_UNTIL,
                        Layout.HEADER_VALUE_BYTES))
                .noneMatch(field -> field / CACHE_LINE == counters);
    }

    @ParameterizedTest
    @EnumSource
    void records_areLaidOutAlike(ProgramVariant variant) {
        BpfObject object = new BpfObject(variant.bytes());
        check(
                object,
                "header",
                Layout.HEADER_BYTES,
                Map.ofEntries(
                        Map.entry("magic", Layout.HEADER_MAGIC),
                        Map.entry("version", Layout.HEADER_VERSION),
                        Map.entry("capacity", Layout.HEADER_CAPACITY),
                        Map.entry("key_bytes", Layout.HEADER_KEY_BYTES),
                        Map.entry("map_count", Layout.HEADER_MAP_COUNT),
                        Map.entry("clock_offset", Layout.HEADER_CLOCK_OFFSET),
                        Map.entry("ring_full", Layout.HEADER_RING_FULL),
                        Map.entry("fired", Layout.HEADER_FIRED),
                        Map.entry("start_failed", Layout.HEADER_START_FAILED),
                        Map.entry("attachments", Layout.HEADER_ATTACHMENTS),
                        Map.entry("flags", Layout.HEADER_FLAGS),
                        Map.entry("holder_pid", Layout.HEADER_HOLDER_PID),
                        Map.entry("holder_started", Layout.HEADER_HOLDER_STARTED),
                        Map.entry("holder", Layout.HEADER_HOLDER),
                        Map.entry("program", Layout.HEADER_PROGRAM),
                        Map.entry("touchable", Layout.HEADER_TOUCHABLE),
                        Map.entry("retired", Layout.HEADER_RETIRED),
                        Map.entry("touch_rearms", Layout.HEADER_TOUCH_REARMS)));
        check(
                object,
                "control",
                Layout.CONTROL_BYTES,
                Map.ofEntries(
                        Map.entry("word", Layout.CONTROL_WORD),
                        Map.entry("generation_base", Layout.CONTROL_GENERATION_BASE),
                        Map.entry("run_generation", Layout.CONTROL_RUN_GENERATION),
                        Map.entry("run_deadline", Layout.CONTROL_RUN_DEADLINE),
                        Map.entry("attempt", Layout.CONTROL_ATTEMPT),
                        Map.entry("map", Layout.CONTROL_MAP),
                        Map.entry("clock", Layout.CONTROL_CLOCK),
                        Map.entry("kind", Layout.CONTROL_KIND),
                        Map.entry("kernel_fired_at", Layout.CONTROL_KERNEL_FIRED_AT),
                        Map.entry("fires", Layout.CONTROL_FIRES),
                        Map.entry("retries", Layout.CONTROL_RETRIES),
                        Map.entry("sequence", Layout.CONTROL_SEQUENCE)));
        check(
                object,
                "directory",
                Layout.DIRECTORY_BYTES,
                Map.of(
                        "kind", Layout.DIRECTORY_KIND,
                        "clock", Layout.DIRECTORY_CLOCK,
                        "seal", Layout.DIRECTORY_SEAL,
                        "name_length", Layout.DIRECTORY_NAME_LENGTH,
                        "type_length", Layout.DIRECTORY_TYPE_LENGTH,
                        "name", Layout.DIRECTORY_NAME,
                        "type", Layout.DIRECTORY_TYPE));
        check(
                object,
                "command",
                Layout.COMMAND_BYTES,
                Map.of(
                        "index", Layout.COMMAND_INDEX,
                        "op", Layout.COMMAND_OP,
                        "clock", Layout.COMMAND_CLOCK,
                        "flags", Layout.COMMAND_FLAGS,
                        "deadline", Layout.COMMAND_DEADLINE,
                        "result", Layout.COMMAND_RESULT,
                        "init_result", Layout.COMMAND_INIT_RESULT,
                        "spare", Layout.COMMAND_SPARE));
        check(
                object,
                "event",
                Layout.EVENT_BYTES,
                Map.of(
                        "index", Layout.EVENT_INDEX,
                        "flags", Layout.EVENT_FLAGS,
                        "word", Layout.EVENT_WORD,
                        "fired_at", Layout.EVENT_FIRED_AT));
        check(
                object,
                "inspect_args",
                InspectCall.BYTES,
                Map.of(
                        "index", InspectCall.INDEX,
                        "result", InspectCall.RESULT,
                        "timer", InspectCall.TIMER,
                        "work", InspectCall.WORK,
                        "kernel", InspectCall.KERNEL));
        check(
                object,
                "seen_block",
                24,
                Map.of(
                        "flags", InspectCall.FLAGS,
                        "program", InspectCall.PROGRAM,
                        "references", InspectCall.REFERENCES,
                        "clock", InspectCall.CLOCK,
                        "expires", InspectCall.EXPIRES));
        check(
                object,
                "since",
                Layout.SINCE_BYTES,
                Map.of("since", Layout.SINCE_SINCE, "delay", Layout.SINCE_DELAY, "map", Layout.SINCE_MAP));
        check(
                object,
                "touch",
                Layout.TOUCH_BYTES,
                Map.of("at", Layout.TOUCH_AT, "incarnation", Layout.TOUCH_INCARNATION));
        check(object, "index_key", 40, Map.of("map", 0L, "length", 8L, "data", 12L));
        check(object, "index_value", 16, Map.of("place", 0L, "incarnation", 8L));
        check(object, "slot", 32, Map.of("timer", 0L, "work", 16L));
    }

    /** The header for programs of others describes the same records, and the tests' own program was built with it. */
    @Test
    void headerForOthers_describesTheSameRecords() throws IOException {
        BpfObject object = new BpfObject(Toucher.object());
        check(
                object,
                "asyncslot_stamp",
                Layout.TOUCH_BYTES,
                Map.of("at", Layout.TOUCH_AT, "incarnation", Layout.TOUCH_INCARNATION));
        check(object, "asyncslot_key", 40, Map.of("map", 0L, "length", 8L, "data", 12L));
        check(object, "asyncslot_place", 16, Map.of("place", 0L, "incarnation", 8L));
        Path tests = Path.of("src/test/resources/io/asyncslot/kernel");
        for (String line : Files.readAllLines(tests.resolve("toucher.bpf.sums"))) {
            String name = line.substring(66);
            Path file = name.endsWith(".o")
                    ? tests.resolve(name)
                    : name.endsWith(".h")
                            ? OBJECTS.resolve(name)
                            : Path.of("src/test/bpf").resolve(name);
            assertThat(sha256(file))
                    .as("%s is not the one that was built: run kernel/src/test/bpf/build", name)
                    .isEqualTo(line.substring(0, 64));
        }
    }

    @Test
    void texts_fitOrAreCut() {
        byte[] room = new byte[16];
        var segment = MemorySegment.ofArray(room);
        Layout.putText(segment, 4, 8, "abcdefghij");
        assertThat(Layout.text(segment, 4, 8)).isEqualTo("abcdefg");
        assertThat(room[11]).isZero();
        assertThat(room[12]).isZero();
        Layout.putText(segment, 4, 8, "abcde\u00e9\u00e9");
        assertThat(Layout.text(segment, 4, 8)).isEqualTo("abcde\u00e9");
        Layout.putText(segment, 4, 8, "");
        assertThat(Layout.text(segment, 4, 8)).isEmpty();
    }

    private static void check(BpfObject object, String name, int size, Map<String, Long> offsets) {
        BpfObject.Struct struct = object.struct(name);
        assertThat(struct.size()).as("size of struct %s", name).isEqualTo(size);
        offsets.forEach((member, offset) -> assertThat(struct.offsets().get(member))
                .as("%s.%s", name, member)
                .isEqualTo(offset.intValue()));
        assertThat(struct.offsets().keySet().stream()
                        .filter(member -> !member.startsWith("reserved") && !member.equals("rest")))
                .as("every member of struct %s is named in Layout", name)
                .containsExactlyInAnyOrderElementsOf(offsets.keySet());
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String firstLine(String... command) throws InterruptedException {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            byte[] output = process.getInputStream().readAllBytes();
            process.waitFor(10, TimeUnit.SECONDS);
            return new String(output, StandardCharsets.UTF_8)
                    .lines()
                    .findFirst()
                    .orElse("")
                    .strip();
        } catch (IOException e) {
            return ""; // not there
        }
    }
}
