package io.asyncslot.docs;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Constructions that native readers stumble over, as patterns, each with what to write instead.
 *
 * <p>The list comes from reading these pages: these few constructions stood in them fifty times as often as in the
 * documentation of other projects. A pattern cannot praise a text; it stops a relapse.
 */
final class Prose {

    /** A construction, found in a page. */
    record Finding(String excerpt, String advice) {
        @Override
        public String toString() {
            return "\"..." + excerpt + "...\": " + advice;
        }
    }

    private record Habit(Pattern pattern, String advice) {
        Habit(String regex, String advice) {
            this(Pattern.compile(regex, Pattern.MULTILINE), advice);
        }
    }

    private static final List<Habit> HABITS = List.of(
            new Habit("\\b(?:the|a|its|each) begin\\b(?! and end of)", "the noun is 'start' or 'beginning'"),
            new Habit(
                    "\\b(?:[Ww]hether|[Ww]hat|[Hh]ow) [^.;:|]{2,50} (?:says|say|shows|decides|tells) the\\b",
                    "put the subject first: 'the kit tests whether ...'"),
            new Habit(
                    "\\bsays? (?:so|how|what|why|where|which)\\b",
                    "use a verb that names the action: describes, explains, lists"),
            new Habit(
                    "(?:^|(?<=[.;:] ))(?:What|Who|Whoever|what|who|whoever) "
                            + "(?!(?:is|are|does|do|happens|it|to|you|if|about|makes|the)\\b[^.]*\\?)(?!happens)[^.?;:|]{3,60}? "
                            + "(?:is|are|was|has|have|may|must|can|could|will|does|stays|waits|goes|comes|leaves|begins|wants"
                            + "|claims|acts|wraps)\\b(?![^.|]*\\?)",
                    "begin with a noun, not with a what-clause"),
            new Habit("\\bwhat there is\\b|\\bwhat is not (?:404|there)\\b|\\bthan there is\\b", "name the thing"),
            new Habit(
                    "\\b(?:anew|for ever|hence|likewise|as ever|farther|thereof|whereof)\\b",
                    "use a current word: again, forever, so, also"),
            new Habit("\\bunless (?:said|told|asked)\\b", "say who asks: 'unless you set ...'"),
            new Habit(",? to look at(?=[.;|]|$)|, to see that\\b", "finish the thought: 'so that you can watch ...'"),
            new Habit("\\bnobody's\\b|\\bin nobody\\b", "use an active sentence with 'no one' or a component"),
            new Habit(
                    "\\b(?:a|an|the|each) \\w+ of (?:its|their|our|your) own\\b", "'its own x', not 'an x of its own'"),
            new Habit("\\bbeside\\b", "'next to', 'compared with' or 'besides'"),
            new Habit(
                    ", for (?:some|nobody|it|they|there|the \\w+) (?:\\w+ )?(?:is|are|was|ends?|has|have)\\b",
                    "'because', not 'for'"),
            new Habit("\\b(?:goes|go) on\\b", "'continues'"),
            new Habit(
                    "\\b[Ww]here (?:it|that|they|none|nothing|native|there) (?:is|are|can|cannot|was|has|have)\\b",
                    "'if' for conditions, 'where' for places"),
            new Habit("\\bone (?:run|reference|row|line|look|step) (?:a|an) \\w+\\b", "'one x per y'"),
            new Habit("\\balso (?:while|where|when|across|on rollback)\\b", "'even if' or 'even while'"),
            new Habit("\\bsees? to (?:it|both|that|this)\\b", "'ensures'"),
            new Habit("\\bat once\\b", "'immediately' or 'at the same time'"));

    private static final Pattern FENCE = Pattern.compile("(?ms)^[ >]*```.*?^[ >]*```[^\\n]*$");

    private static final Pattern JAVADOC = Pattern.compile("(?s)/\\*\\*(.*?)\\*/");

    /** A comment or a character, which are passed over, or the text of a string or of a text block. */
    private static final Pattern STRING = Pattern.compile(
            "(?s)//[^\\n]*|/\\*.*?\\*/|'(?:\\\\.|[^'\\\\])+'|\"\"\"(?<block>.*?)\"\"\"|\"(?<string>(?:\\\\.|[^\"\\\\])*+)\"");

    private Prose() {}

    /** Finds the constructions in a Markdown page; code, links and comments are left out. */
    static List<Finding> check(String markdown) {
        String text = FENCE.matcher(markdown).replaceAll("");
        text = text.replaceAll("(?s)<!--.*?-->", "")
                .replaceAll("<[^>\\n]+>", "")
                .replaceAll("`[^`\\n]*`", "X")
                .replaceAll("\\]\\([^)\\n]*\\)", "]")
                .replace("**", "");
        String joined = text.replaceAll("(?<!\\n)\\n(?![\\n|*#-])", " ");
        return find(joined);
    }

    /** Finds the constructions in the Javadoc of a source; code, links and other comments are left out. */
    static List<Finding> checkJavadoc(String source) {
        List<Finding> findings = new ArrayList<>();
        Matcher comments = JAVADOC.matcher(source);
        while (comments.find()) {
            String text = comments.group(1)
                    .replaceAll("(?m)^\\s*\\*+ ?", "")
                    .replaceAll("(?s)<pre>.*?</pre>", "")
                    .replaceAll("\\{@\\w+ [^}]*}", "X")
                    .replaceAll("<[^>]+>", "")
                    .replaceAll("\\s+", " ")
                    .trim();
            findings.addAll(find(text));
        }
        return findings;
    }

    /** Finds the constructions in the sentences of a source that a program writes: messages, reasons, remedies. */
    static List<Finding> checkMessages(String source) {
        StringBuilder text = new StringBuilder();
        int end = 0;
        Matcher strings = STRING.matcher(source);
        while (strings.find()) {
            String string = strings.group("string") == null ? strings.group("block") : strings.group("string");
            if (string != null) {
                // A sentence continues in the next string; what stands between the two is a value.
                String between = source.substring(end, strings.start());
                text.append(
                                between.contains(";")
                                        ? "\n"
                                        : between.isBlank() || between.strip().equals("+") ? "" : "X")
                        .append(string);
                end = strings.end();
            }
        }
        return text.toString()
                .lines()
                .filter(line -> line.chars().filter(c -> c == ' ').count() > 2)
                .flatMap(line -> find(line).stream())
                .toList();
    }

    private static List<Finding> find(String text) {
        List<Finding> findings = new ArrayList<>();
        for (Habit habit : HABITS) {
            Matcher matcher = habit.pattern.matcher(text);
            while (matcher.find()) {
                int from = Math.max(0, matcher.start() - 30);
                int to = Math.min(text.length(), matcher.end() + 30);
                String excerpt =
                        text.substring(from, to).replaceAll("\\s+", " ").trim();
                findings.add(new Finding(excerpt, habit.advice));
            }
        }
        return findings;
    }
}
