package io.asyncslot.observation;

/** How the trace of a callback is tied to the trace in which its slot was armed. */
public enum TraceContinuity {
    /** Not at all: the callback begins a trace of its own. */
    NONE,
    /** The callback begins a trace of its own, which links to the span that armed the slot. */
    LINK,
    /** The callback's span is a child of the span that armed the slot, however long ago that ended. */
    PARENT
}
