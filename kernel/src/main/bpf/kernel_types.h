/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the program needs to know of the kernel: written down here, so that it compiles against no kernel's headers.
 * Structures of the kernel's inside name only the members that are read; libbpf finds where they are when it loads.
 */
#ifndef ASYNCSLOT_KERNEL_TYPES_H
#define ASYNCSLOT_KERNEL_TYPES_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

#define NULL ((void *)0)

enum { BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_RINGBUF = 27 };
enum { BPF_F_MMAPABLE = 1 << 10 };
enum { BPF_F_TIMER_ABS = 1 << 0, BPF_F_TIMER_CPU_PIN = 1 << 1 };
enum { CLOCK_MONOTONIC = 1, CLOCK_BOOTTIME = 7 };
enum { EINVAL = 22, EBUSY = 16, ENOENT = 2 };

/* Opaque to programs; the kernel knows them by name and size. */
struct bpf_timer {
	__u64 opaque[2];
} __attribute__((aligned(8)));

struct bpf_wq {
	__u64 opaque[2];
} __attribute__((aligned(8)));

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct bpf_prog_aux {
	__u32 id;
};

struct bpf_prog {
	struct bpf_prog_aux *aux;
};

struct bpf_async_cb {
	struct bpf_prog *prog;
	void *callback_fn;
};

/* From Linux 7.0 on. */
typedef struct {
	int counter;
} atomic_t;

typedef struct refcount_struct {
	atomic_t refs;
} refcount_t;

struct bpf_async_cb___counted {
	refcount_t refcnt;
};

struct hrtimer_clock_base {
	int clockid;
};

struct hrtimer {
	__s64 _softexpires;
	struct hrtimer_clock_base *base;
	__u8 state;
};

/* From Linux 7.1 on. */
struct hrtimer___queued {
	_Bool is_queued;
};

struct bpf_hrtimer {
	struct bpf_async_cb cb;
	struct hrtimer timer;
};

#pragma clang attribute pop

#endif
