/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * For BPF programs of your own: touch a pending slot of an AsyncSlot application by its key. No system call, no JVM.
 *
 *	#include <linux/bpf.h>
 *	#include <bpf/bpf_helpers.h>
 *	#include "asyncslot.bpf.h"
 *
 *	struct asyncslot_key key = {};
 *
 *	asyncslot_key_int(&key, asyncslot_map("idle-connections"), port);
 *	asyncslot_touch(&key);
 *
 * A touch moves the deadline to the time of the touch plus the map's delay, if that is later than the deadline; the slot
 * keeps its generation. It never starts a slot, never makes one fire earlier, and means nothing to a slot that is not
 * pending. It works wherever a program may look up a map: XDP, tc, cgroup_skb, sockops, tracepoints. Compile with
 * -mcpu=v3 (Linux 5.12 and newer).
 *
 * The two maps below have to be the application's, which are pinned at its pin path:
 *
 *	bpftool prog loadall X.o DIR map name slot_index pinned PIN_PATH/slot_index \
 *		map name slot_touches pinned PIN_PATH/slot_touches
 *
 * or bpf_map__reuse_fd of libbpf. With ASYNCSLOT_PIN_BY_NAME libbpf finds them where pin_root_path is PIN_PATH; then
 * ASYNCSLOT_CAPACITY has to be the capacity they were made with. "asyncslot-kernel-loader --pin-path PIN_PATH --header" prints
 * this file with it.
 */
#ifndef ASYNCSLOT_BPF_H
#define ASYNCSLOT_BPF_H

#ifndef ASYNCSLOT_CAPACITY
#define ASYNCSLOT_CAPACITY 1
#endif

#ifdef ASYNCSLOT_PIN_BY_NAME
#define ASYNCSLOT_PINNED __uint(pinning, 1);
#else
#define ASYNCSLOT_PINNED
#endif

/* A key that is longer cannot be touched; the application refuses it. */
#define ASYNCSLOT_KEY_BYTES 28

/* What a touch answers. */
#define ASYNCSLOT_TOUCHED 1
#define ASYNCSLOT_ABSENT 0 /* no slot of that key can be touched */

/* A stamp that is farther ahead of the clock is damage, and is replaced. */
#define ASYNCSLOT_AHEAD_NANOS 1000000ULL

struct asyncslot_key {
	__u64 map;	/* asyncslot_map(name) */
	__u32 length;	/* how many bytes of data */
	__u8 data[ASYNCSLOT_KEY_BYTES]; /* the rest has to be zero */
};

struct asyncslot_place {
	__u32 place;
	__u32 reserved;
	__u64 incarnation;
};

struct asyncslot_stamp {
	__u64 at; /* CLOCK_MONOTONIC; the latest touch */
	__u64 incarnation; /* the application's: which slot has this place */
};

struct {
	__uint(type, 1 /* BPF_MAP_TYPE_HASH */);
	__uint(max_entries, ASYNCSLOT_CAPACITY);
	__type(key, struct asyncslot_key);
	__type(value, struct asyncslot_place);
	ASYNCSLOT_PINNED
} slot_index SEC(".maps");

struct {
	__uint(type, 2 /* BPF_MAP_TYPE_ARRAY */);
	__uint(map_flags, 1 << 10 /* BPF_F_MMAPABLE */);
	__uint(max_entries, ASYNCSLOT_CAPACITY);
	__type(key, __u32);
	__type(value, struct asyncslot_stamp);
	ASYNCSLOT_PINNED
} slot_touches SEC(".maps");

/* A map by its name, which has to be a literal: FNV-1a of its UTF-8 bytes, worked out by the compiler. */
#define asyncslot_map(name) asyncslot_fnv(name, sizeof(name) - 1)

static __attribute__((always_inline)) inline __u64 asyncslot_fnv(const char *text, unsigned int length)
{
	__u64 hash = 0xcbf29ce484222325ULL;

#pragma clang loop unroll(full)
	for (unsigned int i = 0; i < length; i++)
		hash = (hash ^ (__u8)text[i]) * 0x100000001b3ULL;
	return hash;
}

/* A key of type Integer: four bytes, big endian. */
static __attribute__((always_inline)) inline void asyncslot_key_int(struct asyncslot_key *key, __u64 map, __u32 value)
{
	key->map = map;
	key->length = sizeof(value);
	*(__u32 *)key->data = __builtin_bswap32(value);
}

/* A key of type Long: eight bytes, big endian. */
static __attribute__((always_inline)) inline void asyncslot_key_long(struct asyncslot_key *key, __u64 map, __u64 value)
{
	key->map = map;
	key->length = sizeof(value);
	*(__u32 *)key->data = __builtin_bswap32(value >> 32);
	*(__u32 *)(key->data + 4) = __builtin_bswap32((__u32)value);
}

/*
 * Touches the slot of a key. The latest touch stays. There is no loop: without CAP_PERFMON the verifier also walks what a
 * processor may guess, and gives up on one. Who fails twice met two others that were here within the same nanoseconds.
 */
static __attribute__((always_inline)) inline int asyncslot_touch(const struct asyncslot_key *key)
{
	struct asyncslot_place *found = bpf_map_lookup_elem(&slot_index, key);
	struct asyncslot_stamp *stamp;
	__u64 now, seen, was;
	__u32 place;

	if (!found)
		return ASYNCSLOT_ABSENT;
	place = found->place;
	stamp = bpf_map_lookup_elem(&slot_touches, &place);
	if (!stamp || stamp->incarnation != found->incarnation)
		return ASYNCSLOT_ABSENT;
	seen = *(volatile __u64 *)&stamp->at; /* before the clock: a touch of another CPU is not ahead of it then */
	now = bpf_ktime_get_ns();
	if (seen < now || seen > now + ASYNCSLOT_AHEAD_NANOS) {
		was = __sync_val_compare_and_swap(&stamp->at, seen, now);
		if (was != seen && was < now)
			__sync_val_compare_and_swap(&stamp->at, was, now);
	}
	return ASYNCSLOT_TOUCHED;
}

#endif
