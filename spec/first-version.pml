/*
 * The protocol of the kernel patch's first version (October 2025), as its reviewers read it: what must be rejected.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One timer in one map value. Memory goes back when the RCU grace period after call_rcu is over, that is when every
 * thread that was in a read section then has left it.
 *
 *   -DFINDING=2   R2: init unwinds by freeing directly although the block is published
 *   -DFINDING=4   R4: start takes no reference; free in between; the timer fires on freed memory
 *   -DFINDING=6   R6: free and set_callback both put the program they both saw
 *   -DFINDING=1   O1: start without a program answers success
 *   -DFINDING=0   the merged form of the same steps, which holds
 */

#ifndef FINDING
#define FINDING 0
#endif

bool published, allocated, queued, callbackSet;
byte references;
byte programReferences;		/* held through the block */
bool programFreedTwice;
byte readers;			/* threads inside an RCU read section */
bool graceAsked, mapUsers = true;
bool slotTaken;

inline putProgram(had) {
	if
	:: had -> d_step {
			if
			:: programReferences == 0 -> programFreedTwice = true
			:: else -> programReferences--
			fi
		}
	:: else
	fi
}

inline cancelAndFree(mine, had) {
	d_step { mine = published; published = false }
	if
	:: mine ->
		if
		:: FINDING == 6 ->		/* reads, then clears: not one exchange */
			had = callbackSet;
			callbackSet = false
		:: else -> d_step { had = callbackSet; callbackSet = false }
		fi;
		putProgram(had);
		queued = false;			/* hrtimer cancel */
		if
		:: FINDING == 4 -> graceAsked = true	/* call_rcu at once */
		:: else -> d_step {
				references--;
				if
				:: references == 0 -> graceAsked = true
				:: else
				fi
			}
		fi
	:: else
	fi
}

proctype Init() {
	bool mine, had;

	d_step { allocated = true; references = 1 }
	published = true;
	if
	:: !mapUsers ->
		if
		:: FINDING == 2 -> d_step { published = false; allocated = false }
		:: else -> cancelAndFree(mine, had)
		fi
	:: else
	fi
}

proctype Starter() {
	bool mine, had, got;
	byte times;

	readers++;
	mine = published;
	if
	:: mine ->
		/* set_callback, twice: the second displaces the first */
		do
		:: times == 2 -> break
		:: else ->
			times++;
			programReferences++;
			if
			:: FINDING == 6 -> had = callbackSet; callbackSet = true
			:: else -> d_step { had = callbackSet; callbackSet = true }
			fi;
			putProgram(had)
		od;
		/* start */
		got = true;
		if
		:: FINDING != 4 && FINDING != 2 -> d_step {
				got = references > 0;
				if
				:: got -> references++
				:: else
				fi
			}
		:: else
		fi;
		if
		:: got ->
			if
			:: FINDING == 1 || callbackSet ->
				assert(allocated);
				if
				:: FINDING == 1 -> assert(callbackSet)
				:: else
				fi;
				queued = true
			:: else
			fi;
			if
			:: FINDING != 4 && FINDING != 2 -> d_step {
					references--;
					if
					:: references == 0 -> graceAsked = true
					:: else
					fi
				}
			:: else
			fi
		:: else
		fi
	:: else
	fi;
	readers--
}

proctype Freer() {
	bool mine, had;

	mapUsers = false;
	cancelAndFree(mine, had)
}

/* the grace period: waits for the readers of the moment it was asked for; none comes after the slot is empty */
proctype Grace() {
	bool had;

end:	do
	:: graceAsked && readers == 0 && allocated ->
		if
		:: FINDING != 4 -> queued = false	/* cancel again before the memory goes */
		:: else
		fi;
		/* a set_callback that came too late: its program goes with the memory */
		d_step { had = callbackSet; callbackSet = false }
		putProgram(had);
		allocated = false;
		graceAsked = false
	od
}

proctype Hrtimer() {
end:	do
	:: d_step { queued -> assert(allocated); queued = false }
	od
}

init {
	atomic { run Init(); run Starter(); run Freer(); run Grace(); run Hrtimer() }
	timeout;
	assert(!programFreedTwice);
	assert(FINDING == 2 || FINDING == 6 || programReferences == 0 || published)
}
