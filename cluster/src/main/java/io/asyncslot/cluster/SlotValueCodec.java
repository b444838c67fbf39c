package io.asyncslot.cluster;

/**
 * The codec under its former name, for applications that have one for the cluster only. {@link io.asyncslot.backend.SlotValueCodec} is
 * the same for every backend.
 */
public interface SlotValueCodec extends io.asyncslot.backend.SlotValueCodec {}
