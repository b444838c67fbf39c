package io.asyncslot.docs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The fenced blocks of the pages. A comment in the line before a block, which no renderer shows, may tell the tests about it:
 *
 * <ul>
 *   <li>{@code <!-- given: String id; -->}: members that the block of Java needs besides those of {@code Given}
 *   <li>{@code <!-- unchecked: the reason -->}: the block is not checked
 * </ul>
 */
final class Samples {

    private static final Pattern FENCE = Pattern.compile("^( *)```(\\w*) *$");
    private static final Pattern NOTE = Pattern.compile("^ *<!-- (given|unchecked): (.*) -->$");

    /** One block: {@code line} is the number of its first line in the page, {@code note} is null if it has none. */
    record Sample(Path page, int line, String language, String note, String noteText, String text) {

        boolean unchecked() {
            return "unchecked".equals(note);
        }

        String given() {
            return "given".equals(note) ? noteText : "";
        }

        String place() {
            return page + ":" + line;
        }

        @Override
        public String toString() {
            return place() + " (" + language + ")";
        }
    }

    private Samples() {}

    /** All blocks of all pages. */
    static List<Sample> all() throws IOException {
        List<Sample> samples = new ArrayList<>();
        for (Path page : Pages.all()) {
            samples.addAll(of(page, Pages.read(page)));
        }
        return samples;
    }

    /** The blocks in one of the languages that a test is to check. */
    static List<Sample> checked(String... languages) throws IOException {
        return all().stream()
                .filter(sample -> List.of(languages).contains(sample.language()) && !sample.unchecked())
                .toList();
    }

    static List<Sample> of(Path page, String markdown) {
        List<Sample> samples = new ArrayList<>();
        String[] lines = markdown.split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            Matcher fence = FENCE.matcher(lines[i]);
            if (!fence.matches()) {
                continue;
            }
            Matcher note = NOTE.matcher(i == 0 ? "" : lines[i - 1]);
            boolean noted = note.matches();
            int indent = fence.group(1).length();
            List<String> block = new ArrayList<>();
            int first = i + 2;
            for (i++; i < lines.length && !lines[i].strip().equals("```"); i++) {
                block.add(lines[i].length() < indent ? lines[i].strip() : lines[i].substring(indent));
            }
            samples.add(new Sample(
                    page,
                    first,
                    fence.group(2),
                    noted ? note.group(1) : null,
                    noted ? note.group(2) : "",
                    block.stream().collect(Collectors.joining("\n"))));
        }
        return samples;
    }
}
