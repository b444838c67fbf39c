# Reads one surefire report; prints "suite ..." and "skip ..." lines, separated by tabs.
# Wants the variables pass and module.

function attribute(name,    at, rest) {
    at = index($0, " " name "=\"")
    if (at == 0) return ""
    rest = substr($0, at + length(name) + 3)
    rest = substr(rest, 1, index(rest, "\"") - 1)
    gsub(/&#10;|&#13;|&#9;|\t|\n/, " ", rest)
    gsub(/&lt;/, "<", rest); gsub(/&gt;/, ">", rest); gsub(/&quot;/, "\"", rest); gsub(/&apos;/, "'", rest)
    gsub(/&amp;/, "\\&", rest)
    return rest
}
BEGIN { RS = "<"; OFS = "\t" }
inside { if (index($0, "]]>")) inside = 0; next }
/^!\[CDATA\[/ {
    if (waiting) {
        reason = substr($0, 9); sub(/(\n|\]\]>).*/, "", reason); sub(/.*Assumption failed: /, "", reason)
        gsub(/\t/, " ", reason); print "skip", pass, module, test, reason
    }
    waiting = 0; inside = !index($0, "]]>"); next
}
/^testsuite / {
    time = attribute("time"); gsub(/,/, "", time)
    print "suite", pass, module, attribute("name"), attribute("tests"),
        attribute("errors") + attribute("failures"), attribute("skipped"), time
}
/^testcase / { test = attribute("classname") "." attribute("name") }
/^(failure|error)[ >]/ { print "failure", pass, module, test, attribute("message") }
/^skipped/ {
    if (attribute("message") != "" || index($0, "/>")) print "skip", pass, module, test, attribute("message")
    else waiting = 1
}
