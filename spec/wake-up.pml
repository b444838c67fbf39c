/*
 * How a sleeping driver learns of a command: the intake's cells and the wake-up, small enough to check exhaustively.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Up to three threads that each push one command, or push it and take it out again, and the driver. Names as in the
 * Java sources: IntakeChunk, JvmEngine, DriverSleep. Each statement is one volatile access or one atomic step.
 *
 *   -DUSERS=n   how many threads push
 *
 * -DWEAK=n takes one ordering or one step out, which the check must then reject:
 *   1  the driver looks at the intake before it stores when it will wake
 *   2  a thread reads when the driver will wake before it has put its command in
 *   3  the driver passes by a claimed cell that is still empty without closing it
 *   4  the driver takes a command in two steps, a look and a store
 *   5  a thread that has woken the driver up does not unpark it
 */

#ifndef WEAK
#define WEAK 0
#endif
#ifndef USERS
#define USERS 3
#endif

#define CELLS 9		/* enough: every user may be passed by twice */

#define EMPTY 0		/* a cell; a deadline in it is a command */
#define DONE  1

#define AWAKE 0		/* wakeAt: earlier than any deadline */
#define SOON  2
#define LATER 3
#define NEVER 4

byte cell[CELLS];	/* IntakeChunk.cells */
byte claimed;		/* IntakeChunk.claimed */
byte taken;		/* IntakeChunk.taken: the driver's own */

byte wakeAt = AWAKE;	/* JvmEngine.wakeAt */
bool permit;		/* LockSupport */

/* ghosts: no step reads them but to assert */
byte due = NEVER;	/* the earliest deadline that the driver has filed */
byte pushed, handled, withdrawn;
byte earliest = NEVER;	/* of what was pushed and is not withdrawn, when nothing moves any more */
byte waiting[5];	/* by deadline: commands that nobody has taken out */

proctype User() {
	byte at, wanted, seen;
	bool mine;

	if
	:: wanted = SOON
	:: wanted = LATER
	fi;
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
			:: mine -> cell[at] = wanted; waiting[wanted]++; pushed++
			:: else
			fi
		}
		if
		:: mine -> break
		:: else
		fi
	od;
	if	/* JvmEngine.push */
	:: WEAK != 2 -> seen = wakeAt
	:: else
	fi;
	if
	:: wanted < seen ->	/* JvmEngine.wake */
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
	:: else
	fi;
	if
	:: d_step { cell[at] == wanted -> cell[at] = DONE; withdrawn++; waiting[wanted]-- }	/* IntakeChunk.withdraw */
	:: true
	fi
}

proctype Driver() {
	byte end, found;
	bool empty;

	do
	:: true ->
		/* JvmEngine.drain, IntakeChunk.take */
		end = claimed;
		do
		:: taken < end ->
			found = cell[taken];
			if
			:: found == EMPTY && WEAK == 3 -> taken++
			:: found == EMPTY && WEAK != 3 ->
				d_step {
					if
					:: cell[taken] == EMPTY -> cell[taken] = DONE; taken++
					:: else
					fi;
					found = 0
				}
			:: found == DONE -> found = 0; taken++
			:: found >= SOON ->
				if
				:: WEAK == 4 ->
					d_step { handled++; due = (found < due -> found : due) }
					d_step { cell[taken] = DONE; found = 0; taken++ }
				:: else ->
					d_step {
						if
						:: cell[taken] == found ->
							cell[taken] = DONE;
							handled++;
							waiting[found]--;
							due = (found < due -> found : due)
						:: else
						fi;
						found = 0;
						taken++
					}
				fi
			fi
		:: taken >= end -> break
		od;
		/* JvmEngine.sleep */
		if
		:: WEAK == 1 -> empty = (taken >= claimed); wakeAt = due
		:: else -> wakeAt = due; empty = (taken >= claimed)
		fi;
		if
		:: empty ->
end:			permit;		/* parked; time is not modelled: until somebody wakes it */
			permit = false
		:: else
		fi;
		d_step { wakeAt = AWAKE; end = 0; empty = false }
	od
}

init {
	byte i;

	atomic {
		run Driver();
		do
		:: i < USERS -> run User(); i++
		:: else -> break
		od
	}
	timeout;		/* nobody can do anything any more: the driver sleeps */
	assert(_nr_pr == 2);
	assert(handled + withdrawn == pushed);				/* each command once, by the one or the other */
	assert(waiting[SOON] == 0 || due <= SOON);			/* who sleeps on sleeps no longer than ... */
	assert(waiting[LATER] == 0 || due <= LATER)			/* ... what is still in the intake allows */
}
