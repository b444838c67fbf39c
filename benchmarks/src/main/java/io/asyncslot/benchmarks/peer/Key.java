package io.asyncslot.benchmarks.peer;

/** A key: small, and spread by its hash code as a good one is. Its index finds what a lab notes about it. */
public record Key(int index) {

    @Override
    public int hashCode() {
        return index * 0x9E3779B9;
    }
}
