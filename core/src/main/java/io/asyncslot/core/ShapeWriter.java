package io.asyncslot.core;

/** Writes what a slot is into its copy. */
@FunctionalInterface
public interface ShapeWriter {

    /**
     * Writes word and shape in one. Called with the slot's monitor: short, and without a call of user code.
     *
     * @param place where the copy of the slot is
     * @param word its word
     * @param generationBase what the word's generation counts from
     * @param shape what the slot is besides
     */
    void write(int place, long word, long generationBase, SlotShape shape);
}
