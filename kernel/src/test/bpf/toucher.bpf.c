// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* What a user's programs look like: each packet of a TCP connection touches the slot that is keyed by the local port. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "asyncslot.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* How often: 0 key not there, 1 touched. One array, so that tests read it without a skeleton. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

static __always_inline int touch_port(__u32 port)
{
	struct asyncslot_key key = {};
	__u32 answer;
	__u64 *count;

	asyncslot_key_int(&key, asyncslot_map("idle"), port);
	answer = asyncslot_touch(&key);
	count = bpf_map_lookup_elem(&counts, &answer);
	if (count)
		__sync_fetch_and_add(count, 1);
	return answer;
}

SEC("cgroup_skb/egress")
int on_egress(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	if (sk)
		touch_port(sk->src_port); /* in the host's order */
	return 1;
}

/* The same without a touch, to compare costs with. */
SEC("cgroup_skb/egress")
int on_egress_untouched(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	__u32 one = 1;
	__u64 *count = bpf_map_lookup_elem(&counts, &one);

	if (sk && count && sk->src_port)
		__sync_fetch_and_add(count, 1);
	return 1;
}

SEC("sockops")
int on_sockops(struct bpf_sock_ops *ops)
{
	if (ops->op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB || ops->op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB)
		bpf_sock_ops_cb_flags_set(ops, BPF_SOCK_OPS_RTT_CB_FLAG);
	else if (ops->op == BPF_SOCK_OPS_RTT_CB)
		touch_port(ops->local_port);
	return 1;
}

/* Programs for BPF_PROG_TEST_RUN: the key is the first four bytes of the packet behind the Ethernet header. */
SEC("xdp")
int on_xdp(struct xdp_md *context)
{
	void *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
	__u32 *port = data + 14;

	if ((void *)(port + 1) > end)
		return XDP_ABORTED;
	return touch_port(*port) ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int on_xdp_untouched(struct xdp_md *context)
{
	void *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
	__u32 *port = data + 14, one = 1;
	__u64 *count = bpf_map_lookup_elem(&counts, &one);

	if ((void *)(port + 1) > end || !count)
		return XDP_ABORTED;
	__sync_fetch_and_add(count, 1);
	return *port ? XDP_PASS : XDP_DROP;
}

SEC("tc")
int on_tc(struct __sk_buff *skb)
{
	__u32 port;

	if (bpf_skb_load_bytes(skb, 14, &port, sizeof(port)))
		return 2;
	return touch_port(port) ? 0 : 2;
}

SEC("raw_tp/sys_enter")
int on_tracepoint(void *context)
{
	touch_port(bpf_get_current_pid_tgid() >> 32);
	return 0;
}
