package io.asyncslot.cluster.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.cluster.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** Where the connection comes from that a node keeps: from beside the pool, or else from the pool. */
class BesidePoolTests {

    @Test
    void poolOfHikariCp_givesNoneOfItsConnections() throws SQLException {
        try (HikariDataSource pool = TestDatabase.emptyPool(1);
                Connection first = pool.getConnection();
                Connection beside = BesidePool.connection(pool)) {
            assertThat(first.isValid(1)).isTrue();
            assertThat(beside.isValid(1)).isTrue();
            assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isEqualTo(1);
        }
    }

    /** HikariCP before version 6 has no class Credentials, nor a method that answers one. */
    @Test
    void poolOfAnOlderHikariCp_givesOneOfItsConnections() throws Throwable {
        MethodHandles.Lookup here = MethodHandles.privateLookupIn(new Older().besidePool(), MethodHandles.lookup());
        MethodHandle connection = here.findStatic(
                here.lookupClass(), "connection", MethodType.methodType(Connection.class, DataSource.class));
        try (HikariDataSource pool = TestDatabase.emptyPool(1)) {
            pool.getConnection().close(); // connected
            try (Connection ofThePool = (Connection) connection.invoke((DataSource) pool)) {
                assertThat(ofThePool.isValid(1)).isTrue();
                assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isEqualTo(1);
            }
        }
    }

    /** Defines the class under test once more, and finds no Credentials for it. */
    private static final class Older extends ClassLoader {

        Older() {
            super(BesidePool.class.getClassLoader());
        }

        Class<?> besidePool() throws ClassNotFoundException {
            return Class.forName(BesidePool.class.getName(), true, this);
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.equals("com.zaxxer.hikari.util.Credentials")) {
                throw new ClassNotFoundException(name);
            }
            if (!name.startsWith(BesidePool.class.getName())) {
                return super.loadClass(name, resolve);
            }
            Class<?> defined = findLoadedClass(name);
            return defined == null ? define(name) : defined;
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream file = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                byte[] bytes = file.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }
}
