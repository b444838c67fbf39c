package io.asyncslot.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.core.type.classreading.CachingMetadataReaderFactory;
import org.springframework.core.type.classreading.MetadataReaderFactory;

/** The auto-configurations before and after which ours come exist: a name that no jar has orders nothing, silently. */
class AutoConfigurationNamesTests {

    private static final String IMPORTS =
            "classpath*:META-INF/spring/org.springframework.boot.autoconfigure.AutoConfiguration.imports";

    private final PathMatchingResourcePatternResolver resources = new PathMatchingResourcePatternResolver();
    private final MetadataReaderFactory classes = new CachingMetadataReaderFactory(resources);

    @Test
    void everyNameInAfterAndBefore_isThatOfAnAutoConfiguration() throws IOException {
        List<String> every = imports();
        List<String> ours =
                every.stream().filter(name -> name.startsWith("io.asyncslot.")).toList();
        List<String> named = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        for (String type : ours) {
            Map<String, Object> attributes = classes.getMetadataReader(type)
                    .getAnnotationMetadata()
                    .getAnnotationAttributes(AutoConfiguration.class.getName(), true);
            assertThat(attributes).as(type).isNotNull();
            for (String attribute : List.of("after", "before", "afterName", "beforeName")) {
                for (String name : (String[]) attributes.get(attribute)) {
                    named.add(name);
                    if (!every.contains(name)) {
                        unknown.add(type + ": " + attribute + " = " + name);
                    }
                }
            }
        }
        assertThat(ours).hasSizeGreaterThanOrEqualTo(10);
        assertThat(named).hasSizeGreaterThanOrEqualTo(10);
        assertThat(unknown).isEmpty();
    }

    /** The auto-configurations of all jars on the class path. */
    private List<String> imports() throws IOException {
        List<String> names = new ArrayList<>();
        for (Resource resource : resources.getResources(IMPORTS)) {
            try (InputStream stream = resource.getInputStream()) {
                new String(stream.readAllBytes(), StandardCharsets.UTF_8)
                        .lines()
                        .map(line -> line.replaceFirst("#.*", "").strip())
                        .filter(line -> !line.isEmpty())
                        .forEach(names::add);
            }
        }
        return names;
    }
}
