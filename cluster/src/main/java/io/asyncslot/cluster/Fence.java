package io.asyncslot.cluster;

import io.asyncslot.SlotFiring;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.regex.Pattern;

/**
 * Lets each firing take effect once on your own rows, by its generation. A row remembers the highest generation that
 * has changed it. A firing with an older or the same generation is late or a repetition, and changes nothing.
 * Immutable.
 *
 * <pre>{@code
 * @Transactional
 * void expired(String cart, SlotFiring firing) {
 *     if (Fence.of(firing).pass(connection, "cart", "id", cart, "fence")) {
 *         // in the same transaction: the effect
 *     }
 * }
 * }</pre>
 *
 * <p>In your own SQL:
 * {@code update cart set state = 'expired', fence = :token where id = :id and coalesce(fence, 0) < :token}.
 *
 * <p>Use one column for each map. The generations of all maps come from one sequence. If two maps share a column, the
 * one that was armed later closes the fence to a firing of the other, even if that firing is not late.
 *
 * @param token the generation
 */
public record Fence(long token) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)?");

    /**
     * The fence of a firing, on any backend.
     *
     * @param firing the firing
     * @return its fence
     */
    public static Fence of(SlotFiring firing) {
        return new Fence(firing.generation());
    }

    /**
     * Passes the fence of one row: sets its column to this token if the column is lower or null. Apply the effect in
     * the same transaction.
     *
     * @param connection the connection of the transaction
     * @param table the table, perhaps with its schema
     * @param keyColumn the column that identifies the row
     * @param key its value
     * @param fenceColumn a bigint column, null or 0 if nothing has passed yet
     * @return true if it passed; false if this or a newer firing has already passed, or if there is no such row
     * @throws SQLException if the update fails
     * @throws IllegalArgumentException if a name is not that of a table or column
     */
    public boolean pass(Connection connection, String table, String keyColumn, Object key, String fenceColumn)
            throws SQLException {
        String sql = "update " + name(table) + " set " + name(fenceColumn) + " = ? where " + name(keyColumn)
                + " = ? and coalesce(" + fenceColumn + ", 0) < ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, token);
            statement.setObject(2, key);
            statement.setLong(3, token);
            return statement.executeUpdate() > 0;
        }
    }

    private static String name(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("must be the name of a table or column: '" + name + "'");
        }
        return name;
    }
}
