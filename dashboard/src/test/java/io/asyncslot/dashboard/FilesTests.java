package io.asyncslot.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The files of the page keep its policy, refer to each other only, and are light. */
class FilesTests {

    private static final Pattern IMPORT = Pattern.compile("from '\\./([^']+)'|(?:src|href)=\"([\\w.-]+\\.\\w+)\"");

    static Stream<String> own() {
        return DashboardPages.FILES.stream().filter(name -> !name.equals("lit-html.js"));
    }

    @ParameterizedTest
    @MethodSource("own")
    void file_keepsThePolicy(String name) throws IOException {
        String text = new String(read(name), StandardCharsets.UTF_8);
        assertThat(text)
                .doesNotContain("style=", "<style", "innerHTML", "outerHTML", "insertAdjacent", "unsafeHTML", "eval(")
                .doesNotContainPattern("new Function|document\\.write|\\son\\w+=\"")
                .doesNotContainPattern("https?://(?!www\\.w3\\.org/2000/svg)");
    }

    @ParameterizedTest
    @MethodSource("own")
    void references_areServed(String name) throws IOException {
        Matcher references = IMPORT.matcher(new String(read(name), StandardCharsets.UTF_8));
        while (references.find()) {
            assertThat(DashboardPages.FILES)
                    .contains(references.group(1) == null ? references.group(2) : references.group(1));
        }
    }

    @Test
    void library_isBundledWithItsLicense() throws IOException {
        assertThat(new String(read("lit-html.js"), StandardCharsets.UTF_8))
                .contains("SPDX-License-Identifier: BSD-3-Clause");
        try (InputStream license = FilesTests.class.getResourceAsStream("/META-INF/licenses/lit-html/LICENSE");
                InputStream notice = DashboardPages.class.getResourceAsStream("/META-INF/asyncslot-dashboard/NOTICE")) {
            assertThat(license).isNotNull();
            assertThat(new String(license.readAllBytes(), StandardCharsets.UTF_8))
                    .contains("BSD 3-Clause License");
            assertThat(notice).isNotNull();
            assertThat(new String(notice.readAllBytes(), StandardCharsets.UTF_8))
                    .contains("lit-html");
        }
    }

    @Test
    void page_isLight() throws IOException {
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        for (String name : List.copyOf(DashboardPages.FILES)) {
            try (GZIPOutputStream compressed = new GZIPOutputStream(sent)) {
                compressed.write(read(name));
            }
        }
        assertThat(sent.size()).isLessThan(25_000);
    }

    private static byte[] read(String name) throws IOException {
        try (InputStream stream = DashboardPages.class.getResourceAsStream("ui/" + name)) {
            assertThat(stream).as(name).isNotNull();
            return stream.readAllBytes();
        }
    }
}
