package io.asyncslot.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The comments in the source of a type, which its class file does not have. */
final class Sources {

    private final String text;

    private Sources(String text) {
        this.text = text;
    }

    /** The source of a top-level type, in whichever module has it. */
    static Sources of(Class<?> type) {
        String file = "src/main/java/" + type.getName().replace('.', '/') + ".java";
        try (Stream<Path> modules = Files.list(Path.of(".."))) {
            List<Path> found = modules.map(module -> module.resolve(file))
                    .filter(Files::exists)
                    .toList();
            if (found.size() != 1) {
                throw new IllegalStateException("the source of " + type.getName() + " is in " + found);
            }
            return new Sources(Files.readString(found.get(0)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The comment of the type itself, its first sentence. */
    String ofType() {
        Matcher matcher = Pattern.compile("/\\*\\*((?:(?!\\*/).)*)\\*/\\s*(?:@[^\\n]*\\n)*public ", Pattern.DOTALL)
                .matcher(text);
        return matcher.find() ? firstSentence(plain(matcher.group(1))) : missing("the type");
    }

    /** The comment of a method without parameters, its first sentence. */
    String ofMethod(String name) {
        Matcher matcher = Pattern.compile(
                        "/\\*\\*((?:(?!\\*/).)*)\\*/\\s*(?:@[^\\n]*\\n\\s*)*[\\w<>?\\[\\], .]+ " + name + "\\(\\)",
                        Pattern.DOTALL)
                .matcher(text);
        return matcher.find() ? firstSentence(plain(matcher.group(1))) : missing(name);
    }

    /** The comment of a record component. */
    String ofComponent(String name) {
        Matcher matcher = Pattern.compile("@param " + name + " ((?:(?!@param |\\*/).)*)", Pattern.DOTALL)
                .matcher(text);
        return matcher.find() ? plain(matcher.group(1)) : missing(name);
    }

    private static String missing(String what) {
        throw new IllegalStateException("there is no comment on " + what);
    }

    private static String plain(String comment) {
        return comment.replaceAll("(?m)^\\s*\\* ?", "")
                .replaceAll("(?s)\\n@\\w+ .*", "")
                .replaceAll("\\{@(?:link|linkplain) (?:[\\w.]*[#.])?(\\w+)(?:\\([^)]*\\))?(?: [^}]*)?}", "`$1`")
                .replaceAll("\\{@(?:code|literal) ([^}]*)}", "`$1`")
                .replaceAll("</?\\w+>", " ")
                .replaceAll("\\s+", " ")
                .trim();
    }

    private static String firstSentence(String comment) {
        Matcher matcher = Pattern.compile("\\.(?: |$)").matcher(comment);
        return matcher.find() ? comment.substring(0, matcher.start() + 1) : comment;
    }
}
