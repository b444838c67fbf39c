// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Timers and work items for AsyncSlot.
 *
 * User space owns every decision: it keeps each slot's state word in control[] and hands commands over in commands[].
 * What happens here is timekeeping. A callback that finds its slot armed and due says so in the ring; one that is too
 * early sets its timer anew; one whose slot is not armed does nothing. An event is a hint to look at the slot, so a
 * doubled or stale one does no harm. What must not happen is that a slot is due and nobody ever says so:
 *
 *   - A callback that sets its timer to a later time looks at the word again afterwards. User space stores the word
 *     first and starts the timer after that, so either our start comes first and theirs wins, or we see their word.
 *   - When the ring is full the callback sets its timer a millisecond ahead, once. If it is full again nobody takes the
 *     events; whoever comes to do so sees by ring_full that it has to look at every slot.
 *   - When a timer cannot be set at all the event is emitted, whatever the time: user space will find out.
 *
 * Programs of others may touch a slot (asyncslot.bpf.h): they find its place in slot_index and store the time in
 * slot_touches. That is a hint too. It can make a callback set its timer anew, and nothing else; user space reads the same
 * stamp before it begins a run. Others are never handed the word.
 *
 * The layout of all shared records is described in Layout.java; tests compare both.
 *
 * Two objects are made of this file. Up to Linux 6.19 the kfunc that sets a work item's callback takes a hidden fourth
 * argument and is named _impl, and a timer can only be cancelled by waiting for its callback (-DBEFORE_7_0).
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* ---- shared records ---------------------------------------------------------------------------------------------- */

enum { HEADER_BYTES = 4096, COUNTERS_AT = 576, DIRECTORY_RECORDS = 256, COMMAND_RECORDS = 4096 };

struct header {
	__u64 magic;
	__u32 version;
	__u32 capacity;
	__u32 key_bytes;
	__u32 map_count;
	__s64 clock_offset[3]; /* added to CLOCK_MONOTONIC; written by user space */
	__u64 reserved_former[3]; /* counters, up to version 4 */
	__u32 attachments;
	__u32 flags; /* FLAG_CPU_PIN: timers that set themselves anew stay on their CPU */
	__u32 holder_pid;
	__u32 touchable; /* 1: there is room for touches */
	__u64 holder_started;
	char holder[160];
	char program[64];
	__u64 retired;
	__u8 reserved_user[COUNTERS_AT - 328]; /* no program has business with it */
	/* Counted here. In a cache line of their own: each callback reads the clock offsets. */
	__u64 ring_full;
	__u64 fired;
	__u64 start_failed;
	__u64 touch_rearms;
	__u8 rest[HEADER_BYTES - COUNTERS_AT - 32];
};

struct control {
	__u64 word; /* stored by user space only */
	__u64 generation_base;
	__u64 run_generation;
	__u64 run_deadline;
	__u32 attempt;
	__u16 map;
	__u8 clock;
	__u8 kind;
	__u64 kernel_fired_at; /* written here, as the next two */
	__u32 fires;
	__u32 retries;
	__u64 sequence;
};

struct directory {
	__u8 kind;
	__u8 clock;
	__u16 seal;
	__u16 name_length;
	__u16 type_length;
	char name[120];
	char type[128];
};

struct command {
	__u32 index;
	__u16 op;
	__u8 clock;
	__u8 flags;
	__u64 deadline;
	__s32 result;      /* written here, as the next */
	__s32 init_result;
	__u64 spare;
};

struct event {
	__u32 index;
	__u32 flags;
	__u64 word;
	__u64 fired_at;
};

/* All that is handed to programs of others, with the index. */
struct touch {
	__u64 at; /* when the slot was touched, CLOCK_MONOTONIC */
	__u64 incarnation; /* by user space: which slot has this place */
};

/* By user space, and for nobody else: which touches count, and what they do. */
struct since {
	__u64 since; /* raised before the word is copied that a start or a move has made */
	__u64 delay; /* nanoseconds; 0: cannot be touched */
	__u64 map;   /* the map's name as a number, for the index */
	__u64 reserved;
};

enum { INDEX_KEY_BYTES = 28 };

struct index_key {
	__u64 map;
	__u32 length;
	__u8 data[INDEX_KEY_BYTES];
};

struct index_value {
	__u32 place;
	__u32 reserved;
	__u64 incarnation;
};

/* Bits of the state word, as far as they matter here; the deadline is in microseconds of the map's clock. */
enum { ARMED = 1 << 0, FREED = 1 << 2, DEADLINE_SHIFT = 12 };
enum { MONOTONIC, REALTIME, BOOTTIME };
enum { KIND_UNUSED, KIND_TIMER, KIND_WORK };
enum { OP_START = 1, OP_CANCEL, OP_FREE, OP_WORK, OP_INDEX };
enum { FLAG_CPU_PIN = 1, NO_INIT = 1 };
enum { KEY_DATA = 8 };

#define NANOS_PER_MICRO 1000ULL
#define RING_FULL_PAUSE_NANOS 1000000ULL
#define TOUCH_AHEAD_NANOS 1000000ULL /* a touch farther in the future is no touch */
#define LOOKS 8

/* ---- maps: max_entries of those that say 1, and the size of a key, are set before load --------------------------- */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct header);
} slot_header SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct control);
} slot_control SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 8);
} slot_keys SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, DIRECTORY_RECORDS);
	__type(key, __u32);
	__type(value, struct directory);
} slot_directory SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, COMMAND_RECORDS);
	__type(key, __u32);
	__type(value, struct command);
} slot_commands SEC(".maps");

/* A map whose values hold timers cannot be mapped into memory: hence apart from control[]. */
struct slot {
	struct bpf_timer timer;
	struct bpf_wq work;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct slot);
} slot_timers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} slot_events SEC(".maps");

/* These three have room for all slots where slots can be touched, and for one otherwise. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct since);
} slot_since SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct touch);
} slot_touches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct index_key);
	__type(value, struct index_value);
} slot_index SEC(".maps");

/* ---- what differs between kernels -------------------------------------------------------------------------------- */

extern int bpf_wq_init(struct bpf_wq *wq, void *p__map, unsigned int flags) __ksym;
extern int bpf_wq_start(struct bpf_wq *wq, unsigned int flags) __ksym;

#ifdef BEFORE_7_0
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq, int (callback_fn)(void *map, int *key, void *value),
				    unsigned int flags__k, void *aux__ign) __ksym;
#define set_work_callback(wq, callback) bpf_wq_set_callback_impl(wq, callback, 0, NULL)
#define cancel_timer(timer) bpf_timer_cancel(timer)
#else
extern int bpf_wq_set_callback(struct bpf_wq *wq, int (callback_fn)(void *map, int *key, void *value),
			       unsigned int flags) __ksym;
extern int bpf_timer_cancel_async(struct bpf_timer *timer) __ksym;
#define set_work_callback(wq, callback) bpf_wq_set_callback(wq, callback, 0)
#define cancel_timer(timer) bpf_timer_cancel_async(timer)
#endif

/* ---- callbacks --------------------------------------------------------------------------------------------------- */

static __always_inline struct header *the_header(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&slot_header, &zero);
}

static __always_inline __u64 current_word(struct control *control)
{
	return *(volatile __u64 *)&control->word;
}

static __always_inline int is_armed(__u64 word)
{
	return (word & (ARMED | FREED)) == ARMED;
}

/* Not inlined, so that the object's BTF describes the record. */
static __attribute__((noinline)) int fill(struct event *event, __u32 index, __u64 word, __u32 kind, __u64 now)
{
	event->index = index;
	event->flags = kind;
	event->word = word;
	event->fired_at = now;
	return 0;
}

/* Two counts for each event that found no room: odd after the first try. */
static __always_inline int is_second_try(struct control *control)
{
	return control->retries & 1;
}

/* Says in the ring: look at this slot. False if there was no room. */
static __always_inline int emit(struct header *header, struct control *control, __u32 index, __u64 word, __u32 kind)
{
	struct event *event = bpf_ringbuf_reserve(&slot_events, sizeof(*event), 0);
	__u64 now;

	if (!event) {
		control->retries++;
		__sync_fetch_and_add(&header->ring_full, 1);
		return 0;
	}
	if (is_second_try(control))
		control->retries++;
	now = bpf_ktime_get_ns();
	fill(event, index, word, kind, now);
	control->kernel_fired_at = now;
	control->fires++;
	bpf_ringbuf_submit(event, 0);
	__sync_fetch_and_add(&header->fired, 1);
	return 1;
}

/*
 * When a slot is due by its last touch, 0 without one. A stamp that is read too early is harmless: user space reads it again,
 * with its own order, before it begins a run.
 */
static __always_inline __u64 touched_until(__u32 index, __u64 now)
{
	struct since *since = bpf_map_lookup_elem(&slot_since, &index);
	struct touch *touch = bpf_map_lookup_elem(&slot_touches, &index);
	__u64 at;

	if (!since || !touch || !since->delay)
		return 0;
	at = *(volatile __u64 *)&touch->at;
	if (at <= *(volatile __u64 *)&since->since || at > now + TOUCH_AHEAD_NANOS)
		return 0;
	return at + since->delay;
}

/* How long until a slot is due, in nanoseconds; not positive if it is. */
static __always_inline __s64 until_due(struct header *header, struct control *control, __u32 index, __u64 word)
{
	__u64 deadline = (word >> DEADLINE_SHIFT) * NANOS_PER_MICRO;
	__u64 now, touched;

	if (control->kind == KIND_WORK)
		return 0;
	if (control->clock == BOOTTIME) {
		now = bpf_ktime_get_boot_ns();
	} else {
		now = bpf_ktime_get_ns();
		deadline -= header->clock_offset[control->clock == REALTIME ? REALTIME : MONOTONIC];
		touched = touched_until(index, now);
		if (touched > deadline) {
			deadline = touched;
			if (touched > now)
				__sync_fetch_and_add(&header->touch_rearms, 1);
		}
	}
	return (__s64)(deadline - now);
}

/*
 * A timer that is not due yet is started for the time that is left, not for a time of day: a record may say another clock than the
 * timer has, and what is to come on one may be over on the other. Such a timer would fire at once, again and again.
 */
static int timer_fired(void *map, __u32 *key, struct slot *slot)
{
	struct header *header = the_header();
	__u32 index = *key;
	struct control *control = bpf_map_lookup_elem(&slot_control, &index);
	__u64 word, flags;
	__s64 left;
	int look;

	if (!header || !control)
		return 0;
	flags = header->flags & FLAG_CPU_PIN ? BPF_F_TIMER_CPU_PIN : 0;
	word = current_word(control);
	for (look = 0; look < LOOKS; look++) {
		__u64 seen = word;

		if (!is_armed(word))
			return 0;
		left = until_due(header, control, index, word);
		if (left <= 0 || bpf_timer_start(&slot->timer, left, flags))
			break;
		word = current_word(control);
		if (word == seen)
			return 0;
	}
	if (!emit(header, control, index, word, KIND_TIMER) && is_second_try(control))
		bpf_timer_start(&slot->timer, RING_FULL_PAUSE_NANOS, 0);
	return 0;
}

static __always_inline int start_timer(struct slot *slot, __u64 clock, __u64 deadline, __u64 flags, __s32 *init_result);

static int work_fired(void *map, int *key, void *value)
{
	struct header *header = the_header();
	struct slot *slot = value;
	__u32 index = *key;
	struct control *control = bpf_map_lookup_elem(&slot_control, &index);
	__u64 word, later;
	__s32 ignored;

	if (!header || !control)
		return 0;
	word = current_word(control);
	if (!is_armed(word) || emit(header, control, index, word, KIND_WORK))
		return 0;
	/* A work item cannot wait; the slot's timer can. */
	later = bpf_ktime_get_ns() + RING_FULL_PAUSE_NANOS;
	if (is_second_try(control))
		start_timer(slot, CLOCK_MONOTONIC, later, BPF_F_TIMER_ABS, &ignored);
	return 0;
}

/* ---- commands ---------------------------------------------------------------------------------------------------- */

static __always_inline int free_slot(__u32 index)
{
	struct slot empty = {};

	return bpf_map_update_elem(&slot_timers, &index, &empty, 0);
}

/* Starting an initialised timer allocates nothing, so that is tried first. */
static __always_inline int start_timer(struct slot *slot, __u64 clock, __u64 deadline, __u64 flags, __s32 *init_result)
{
	int result = bpf_timer_start(&slot->timer, deadline, flags);

	*init_result = NO_INIT;
	if (result != -EINVAL)
		return result;
	result = bpf_timer_init(&slot->timer, &slot_timers, clock);
	*init_result = result;
	if (result && result != -EBUSY)
		return result;
	result = bpf_timer_set_callback(&slot->timer, timer_fired);
	return result ? result : bpf_timer_start(&slot->timer, deadline, flags);
}

static __always_inline int start_work(struct slot *slot, __u32 index, __s32 *init_result)
{
	int result = bpf_wq_start(&slot->work, 0);

	*init_result = NO_INIT;
	if (result != -EINVAL)
		return result;
	result = bpf_wq_init(&slot->work, &slot_timers, 0);
	*init_result = result;
	if (result && result != -EBUSY)
		return result;
	result = set_work_callback(&slot->work, work_fired);
	if (result) {
		free_slot(index); /* a work item without a callback would start, and do nothing */
		return result;
	}
	return bpf_wq_start(&slot->work, 0);
}

/* Enters the key of a slot that can be touched into the index, or takes it out if it is still this slot's. */
static __attribute__((noinline)) int index_slot(__u32 index, int enter)
{
	struct since *since = bpf_map_lookup_elem(&slot_since, &index);
	struct touch *touch = bpf_map_lookup_elem(&slot_touches, &index);
	char *record = bpf_map_lookup_elem(&slot_keys, &index);
	struct index_value value = { .place = index }, *present;
	struct index_key key = {};
	__u16 length;

	if (!since || !touch || !record || !since->delay)
		return enter ? -ENOENT : 0;
	length = *(__u16 *)record;
	if (length > INDEX_KEY_BYTES)
		return -EINVAL;
	key.map = since->map;
	key.length = length;
	value.incarnation = touch->incarnation;
	bpf_probe_read_kernel(key.data, length, record + KEY_DATA);
	if (enter)
		return bpf_map_update_elem(&slot_index, &key, &value, 0);
	present = bpf_map_lookup_elem(&slot_index, &key);
	return present && present->place == index ? bpf_map_delete_elem(&slot_index, &key) : 0;
}

static int execute(__u32 position, void *context)
{
	struct command *command = bpf_map_lookup_elem(&slot_commands, &position);
	struct header *header = the_header();
	__s32 result, init_result = NO_INIT;
	struct slot *slot;
	__u64 flags;
	__u32 index;

	if (!command || !header)
		return 1;
	index = command->index;
	slot = bpf_map_lookup_elem(&slot_timers, &index);
	if (!slot) {
		command->result = -ENOENT;
		return 0;
	}
	switch (command->op) {
	case OP_START:
		flags = BPF_F_TIMER_ABS | (command->flags & FLAG_CPU_PIN ? BPF_F_TIMER_CPU_PIN : 0);
		result = start_timer(slot, command->clock == BOOTTIME ? CLOCK_BOOTTIME : CLOCK_MONOTONIC,
				     command->deadline, flags, &init_result);
		break;
	case OP_WORK:
		result = start_work(slot, index, &init_result);
		break;
	case OP_CANCEL:
		result = cancel_timer(&slot->timer);
		break;
	case OP_FREE:
		index_slot(index, 0);
		result = free_slot(index);
		break;
	case OP_INDEX:
		result = index_slot(index, 1);
		break;
	default:
		result = -EINVAL;
	}
	if (result < 0 && (command->op == OP_START || command->op == OP_WORK))
		__sync_fetch_and_add(&header->start_failed, 1);
	command->init_result = init_result;
	command->result = result;
	return 0;
}

struct run_args {
	__u32 count;
	__s32 done;
};

/* Executes commands[0..count), in order. */
SEC("syscall")
int asyncslot_run(struct run_args *args)
{
	args->done = bpf_loop(args->count, execute, NULL, 0);
	return 0;
}

/* ---- the kernel's own word --------------------------------------------------------------------------------------- */

enum { SEEN = 1, CALLBACK_SET = 2, COUNTED = 4, QUEUED = 8, CLOCK_KNOWN = 16 };

struct seen_block {
	__u32 flags;
	__u32 program;
	__u32 references;
	__s32 clock;
	__s64 expires;
};

struct inspect_args {
	__u32 index;
	__s32 result;
	struct seen_block timer;
	struct seen_block work;
	__u32 kernel; /* COUNTED if this kernel's control blocks have a reference count */
	__u32 reserved;
};

/* The first word of a timer or work item is the pointer to its control block, NULL before init and after free. */
static __always_inline struct bpf_async_cb *look_at(struct seen_block *seen, void *field)
{
	struct bpf_async_cb *block = NULL;
	struct bpf_prog *program;

	if (bpf_probe_read_kernel(&block, sizeof(block), field) || !block)
		return NULL;
	seen->flags |= SEEN;
	if (BPF_CORE_READ(block, callback_fn))
		seen->flags |= CALLBACK_SET;
	program = BPF_CORE_READ(block, prog);
	if (program)
		seen->program = BPF_CORE_READ(program, aux, id);
	if (bpf_core_field_exists(struct bpf_async_cb___counted, refcnt)) {
		struct bpf_async_cb___counted *counted = (void *)block;

		seen->references = BPF_CORE_READ(counted, refcnt.refs.counter);
		seen->flags |= COUNTED;
	}
	return block;
}

/* Reads the control blocks of one slot. They may change meanwhile: this is a glance, not a transaction. */
SEC("syscall")
int asyncslot_inspect(struct inspect_args *args)
{
	struct inspect_args seen = {};
	struct bpf_hrtimer *timer;
	struct slot *slot;
	__u32 index = args->index;

	args->kernel = bpf_core_field_exists(struct bpf_async_cb___counted, refcnt) ? COUNTED : 0;
	slot = bpf_map_lookup_elem(&slot_timers, &index);
	if (!slot) {
		args->result = -ENOENT;
		return 0;
	}
	look_at(&seen.work, &slot->work);
	timer = (void *)look_at(&seen.timer, &slot->timer);
	if (timer) {
		struct hrtimer *hrtimer = __builtin_preserve_access_index(&timer->timer);

		seen.timer.expires = BPF_CORE_READ(hrtimer, _softexpires);
		if (bpf_core_field_exists(struct hrtimer, base) &&
		    bpf_core_field_exists(struct hrtimer_clock_base, clockid)) {
			seen.timer.clock = BPF_CORE_READ(hrtimer, base, clockid);
			seen.timer.flags |= CLOCK_KNOWN;
		}
		if (bpf_core_field_exists(struct hrtimer, state)) {
			if (BPF_CORE_READ(hrtimer, state) & 1)
				seen.timer.flags |= QUEUED;
		} else if (bpf_core_field_exists(struct hrtimer___queued, is_queued)) {
			if (BPF_CORE_READ((struct hrtimer___queued *)hrtimer, is_queued))
				seen.timer.flags |= QUEUED;
		}
	}
	args->timer = seen.timer;
	args->work = seen.work;
	args->result = 0;
	return 0;
}
