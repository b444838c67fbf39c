/*
 * How a sleeping driver learns of a command: the intake's cells and the wake-up, small enough to check exhaustively.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A thread that starts a slot, another that arms it for sooner or frees it at any moment, and the driver. Names as in
 * the Java sources: IntakeChunk, JvmEngine, DriverSleep. Each statement is one volatile access or one atomic step.
 *
 *   -DUSERS=n    how many slots, with two threads each; two take more states than can be explored here
 *   -DPASSES=n   how often the driver comes to a cell before its thread does
 *
 * -DWEAK=n takes one ordering or one step out, which the check must then reject:
 *   1  the driver looks at the intake before it stores when it will wake
 *   2  a thread reads when the driver will wake before it has put its command in
 *   3  the driver passes by a claimed cell that is still empty without closing it
 *   4  the driver takes a command in two steps, a look and a store
 *   5  a thread that has woken the driver up does not unpark it
 *   6  a thread that finds a command of its slot there does not look when the driver will wake
 *   7  a thread that has put its command in compares the deadline that it came with, not the present one
 */

#ifndef WEAK
#define WEAK 0
#endif
#ifndef USERS
#define USERS 1
#endif
#ifndef PASSES
#define PASSES 2
#endif
#define CELLS (2 * USERS + PASSES)

#define EMPTY 0		/* a cell; FIRST and more: a slot */
#define DONE  1
#define FIRST 2

#define AWAKE 0		/* wakeAt: earlier than any deadline */
#define SOON  2
#define LATER 3
#define NEVER 4

byte cell[CELLS];	/* IntakeChunk.cells */
byte claimed;		/* IntakeChunk.claimed */
byte taken;		/* IntakeChunk.taken: the driver's own */

byte word[USERS];	/* StateWord.word: the deadline, NEVER when freed */
bool inbox[USERS];	/* Custody.inbox */

byte wakeAt = AWAKE;	/* JvmEngine.wakeAt */
bool permit;		/* LockSupport */

/* ghosts: no step reads them but to assert */
byte due;		/* the earliest deadline that the driver has filed */
byte pushed, handled, withdrawn, passes, began;

inline wake() {	/* JvmEngine.wake */
	seen = wakeAt;
	if
	:: seen != AWAKE ->
		d_step {
			mine = (wakeAt == seen);
			if
			:: mine -> wakeAt = AWAKE
			:: else
			fi
		}
		if
		:: mine && WEAK != 5 -> permit = true
		:: else
		fi
	:: else
	fi
}

inline push(wanted) {	/* with the inbox claim in hand */
	if
	:: WEAK == 2 -> seen = wakeAt
	:: else
	fi;
	do	/* Intake.push */
	:: d_step { at = claimed; claimed++ }
		d_step {	/* IntakeChunk.put */
			assert(at < CELLS);
			mine = (cell[at] == EMPTY);
			if
			:: mine -> cell[at] = me + FIRST; pushed++
			:: else
			fi
		}
		if
		:: mine -> break
		:: else
		fi
	od;
	if
	:: WEAK != 7 -> deadline = word[me]
	:: else -> deadline = wanted
	fi;
	if	/* JvmEngine.push */
	:: WEAK != 2 -> seen = wakeAt
	:: else
	fi;
	if
	:: deadline < seen -> wake()
	:: else
	fi
}

/* Two threads use one slot: the one that starts it, and one that arms it for sooner or frees it when it likes. */
proctype Starter(byte me) {
	byte at, seen, deadline;
	bool mine;

	d_step { began == me -> began++ }	/* slots are alike: one order of their beginnings is enough */
	atomic {	/* born: published with the claim on the inbox */
		if
		:: deadline = SOON
		:: deadline = LATER
		fi;
		word[me] = deadline;
		inbox[me] = true
	}
	push(deadline)
}

proctype Other(byte me) {
	byte at, seen, deadline;
	bool mine;

	d_step { word[me] != 0 -> skip }
	if
	:: word[me] = SOON;	/* JvmEngine.armed */
		d_step {
			mine = !inbox[me];
			inbox[me] = true
		}
		if
		:: mine -> push(SOON)
		:: else ->
			if
			:: WEAK != 6 -> seen = wakeAt
			:: else -> seen = AWAKE
			fi;
			if
			:: SOON < seen -> wake()
			:: else
			fi
		fi
	:: word[me] = NEVER;	/* JvmEngine.freed, Intake.withdraw */
		at = 0;
		do
		:: at < CELLS && cell[at] != me + FIRST -> at++
		:: at < CELLS && cell[at] == me + FIRST ->
			d_step {
				if
				:: cell[at] == me + FIRST -> cell[at] = DONE; withdrawn++; inbox[me] = false
				:: else
				fi
			}
			break
		:: at == CELLS -> break
		od
	:: true
	fi
}

proctype Driver() {
	byte limit, found;
	bool nothing;

	do
	:: true ->
		/* JvmEngine.drain, IntakeChunk.take */
		limit = claimed;
		do
		:: taken < limit ->
			found = cell[taken];
			if
			:: found == EMPTY && WEAK == 3 -> taken++
			:: found == EMPTY && WEAK != 3 ->
				d_step {
					if
					:: cell[taken] == EMPTY && passes < PASSES -> cell[taken] = DONE; taken++; passes++
					:: else
					fi
				}
			:: found == DONE -> d_step { found = 0; taken++ }
			:: found >= FIRST ->
				if
				:: WEAK == 4 -> handled++; d_step { cell[taken] = DONE; taken++ }
				:: else ->
					d_step {
						if
						:: cell[taken] == found -> cell[taken] = DONE; handled++
						:: else -> found = 0
						fi;
						taken++
					}
				fi;
				if
				:: found >= FIRST ->
					inbox[found - FIRST] = false;
					d_step {
						due = (word[found - FIRST] < due -> word[found - FIRST] : due);
						found = 0
					}
				:: else
				fi
			fi
		:: taken >= limit -> break
		od;
		/* JvmEngine.sleep */
		if
		:: WEAK == 1 -> nothing = (taken >= claimed); wakeAt = due
		:: else -> wakeAt = due; nothing = (taken >= claimed)
		fi;
		if
		:: nothing ->
end:			permit;		/* parked; time is not modelled: until somebody wakes it */
			permit = false
		:: else
		fi;
		d_step { wakeAt = AWAKE; limit = 0; nothing = false }
	od
}

init {
	byte i;

	atomic {
		if	/* something else, or nothing, is filed already */
		:: due = LATER
		:: due = NEVER
		fi;
		run Driver();
		do
		:: i < USERS -> run Starter(i); run Other(i); i++
		:: else -> break
		od
	}
	timeout;		/* nobody can do anything any more: the driver sleeps */
	assert(_nr_pr == 2);
	d_step {
		i = 0;
		do
		:: i < USERS ->
			/* who sleeps on sleeps no longer than each slot allows, be it filed or still in the intake */
			assert(word[i] == NEVER || due <= word[i]);
			/* a claim stands for a command that is there */
			pushed = pushed - (inbox[i] -> 1 : 0);
			i++
		:: else -> break
		od
	}
	assert(handled + withdrawn == pushed)		/* each command goes one way, once */
}
