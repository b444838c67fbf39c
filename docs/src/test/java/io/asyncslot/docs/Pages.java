package io.asyncslot.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The Markdown pages of the project. */
final class Pages {

    /** The root of the project, seen from this module. */
    static final Path ROOT = Path.of("..");

    private Pages() {}

    /** All pages, as paths below the root, in alphabetical order. */
    static List<Path> all() throws IOException {
        try (Stream<Path> top = Files.list(ROOT);
                Stream<Path> docs = Files.walk(ROOT.resolve("docs"));
                Stream<Path> forms = Files.walk(ROOT.resolve(".github"))) {
            return Stream.of(top, docs, forms)
                    .flatMap(paths -> paths)
                    .map(ROOT::relativize)
                    .filter(path -> path.toString().endsWith(".md"))
                    .filter(path -> !path.toString().matches("docs/(?:target|node_modules)/.*"))
                    .sorted()
                    .toList();
        }
    }

    static String read(Path page) throws IOException {
        return Files.readString(ROOT.resolve(page));
    }
}
