/*
 * How a driver that leaves commands alone learns of one in a hurry: the intake's cells and the wake-up, small enough to check
 * exhaustively.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A thread that starts a slot, another that arms it for sooner or frees it at any moment, and the driver. Names as in
 * the Java sources: IntakeChunk, JvmEngine, DriverSleep. Each statement is one volatile access or one atomic step. Time is not
 * modelled: the driver takes all there is, or leaves it alone, whenever it likes.
 *
 *   -DUSERS=n    how many slots, with two threads each; two take more states than can be explored here
 *   -DPASSES=n   how often the driver comes to a cell before its thread does
 *
 * -DWEAK=n takes one ordering or one step out, which the check must then reject:
 *   1  the driver reads the least deadline before it stores when it will wake, and not after it
 *   2  a thread reads when the driver will wake before it has lowered the least deadline
 *   3  the driver passes by a claimed cell that is still empty without closing it
 *   4  the driver takes a command in two steps, a look and a store
 *   5  a thread that has woken the driver up does not unpark it
 *   6  a thread that finds a command of its slot there leaves the least deadline as it is, and does not look when the driver will wake
 *   7  a thread that has put its command in compares the deadline that it came with, not the present one
 *   8  the driver clears the least deadline after it has taken all
 *   9  a thread lowers the least deadline before it has put its command in
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
byte least = NEVER;	/* JvmEngine.least */
bool permit;		/* LockSupport */

/* ghosts: no step reads them but to assert */
byte due;		/* the earliest deadline that the driver has filed */
byte until;		/* what it has stored there for the sleep at hand */
byte pushed, handled, withdrawn, left, passes, began;

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

inline lower() {	/* JvmEngine.hurry, its first half */
	do
	:: seen = least;
		if
		:: deadline < seen ->
			d_step {
				mine = (least == seen);
				if
				:: mine -> least = deadline
				:: else
				fi
			}
			if
			:: mine -> break
			:: else
			fi
		:: else -> break
		fi
	od
}

inline hurry() {
	if
	:: WEAK == 2 -> found = wakeAt
	:: else
	fi;
	if
	:: WEAK != 9 -> lower()
	:: else
	fi;
	if
	:: WEAK != 2 -> found = wakeAt
	:: else
	fi;
	if
	:: deadline < found -> wake()
	:: else
	fi
}

inline push(wanted) {	/* with the inbox claim in hand */
	deadline = wanted;
	if
	:: WEAK == 9 -> lower()
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
	:: else
	fi;
	hurry()	/* JvmEngine.push */
}

/* Two threads use one slot: the one that starts it, and one that arms it for sooner or frees it when it likes. */
proctype Starter(byte me) {
	byte at, seen, found, deadline;
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
	byte at, seen, found, deadline;
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
			deadline = SOON;
			if
			:: WEAK == 6 -> skip
			:: WEAK != 6 -> seen = least;	/* JvmEngine.takesBy */
				if
				:: deadline < seen -> hurry()
				:: else
				fi
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
	bool nothing, all;

	do
	:: true ->
		if	/* JvmEngine.takeIn */
		:: all = true;
			if
			:: WEAK != 8 -> least = NEVER
			:: else
			fi
		:: all = false
		fi;
		/* JvmEngine.drain, IntakeChunk.take */
		limit = (all -> claimed : 0);
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
		if
		:: WEAK == 8 && all -> least = NEVER
		:: else
		fi;
		/* JvmEngine.sleep */
		limit = least;
		limit = (due < limit -> due : limit);
		d_step { wakeAt = limit; until = limit }
		if
		:: WEAK == 1 -> nothing = true
		:: else -> nothing = (least >= limit)
		fi;
		if
		:: nothing ->
end:			permit;		/* parked; time is not modelled: until somebody wakes it */
			permit = false
		:: else
		fi;
		d_step { wakeAt = AWAKE; limit = 0; nothing = false; all = false }
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
			assert(word[i] == NEVER || until <= word[i]);
			i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < CELLS ->
			if
			:: cell[i] >= FIRST ->
				/* a claim stands for a command that is there */
				assert(inbox[cell[i] - FIRST]);
				inbox[cell[i] - FIRST] = false;
				left++
			:: else
			fi;
			i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < USERS -> assert(!inbox[i]); i++
		:: else -> break
		od
	}
	assert(handled + withdrawn + left == pushed)	/* each command goes one way, once */
}
