package io.asyncslot.actuate;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Keys that names on their way through HTTP get lost with. */
final class SlotKeys {

    static final List<String> HOSTILE = List.of(
            "a/b",
            "a//b",
            "/a",
            "a/",
            "//",
            "/",
            ".",
            "..",
            "../a",
            "http://shop.example/cart?id=1&x=%2F#top",
            "C:\\temp\\x",
            "nul\0byte",
            "line\nfeed",
            " ",
            " padded ",
            "a;v=1",
            "a,b",
            "[a]",
            "{a}",
            "${user.home}",
            "#{1+1}",
            "50% off+",
            "Gr\u00fc\u00dfe \u6771\u4eac \ud83d\ude00",
            "\"quoted\"",
            "key=value&key=other");

    private SlotKeys() {}

    static String escaped(String key) {
        return URLEncoder.encode(key, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
