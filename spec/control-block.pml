/*
 * The control-block protocol of the core, small enough to check exhaustively.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One incarnation of a timer slot, two threads that start, cancel and delete it in every order, the driver (timer
 * thread) and a worker. Names as in the Java sources: StateWord, Custody, JvmEngine, CallbackRunner. Each statement is
 * one volatile access or one compare-and-set; atomic and d_step stand for exactly those.
 *
 * Time is a counter that may rise at any moment; when it has reached LAST everything armed is due.
 *
 * -DWEAK=n takes one ordering or one step out, which the check must then reject:
 *   1  the starter reads lookAt before it stores the word           (Custody: store first, then look)
 *   2  the driver does not read the word again after its promise    (same pair, other side)
 *   3  the drain clears the inbox after it has read the word
 *   4  a start does not take a reference for its command            (R4 of the kernel patch's first version)
 *   5  the run's end does not look for an armed word after it has let go
 *   6  delete releases the map's reference at once, also while the driver holds the slot
 *   7  reclaim does not wait for the run to end
 *   8  the driver files a slot anew without holding a reference
 */

#ifndef WEAK
#define WEAK 0
#endif
#ifndef OPS
#define OPS 2
#endif

#define LAST   2		/* the largest deadline */
#define WORKER 0		/* lookAt: less than any deadline */
#define NOBODY 9		/* lookAt: greater than any deadline */

/* StateWord: changed in one step */
bool armed = true;
bool running, freed, reclaimed;
byte deadline = 1;
byte references = 2;		/* the map's and that of the command that tells of the birth */

/* Custody */
byte lookAt = NOBODY;
bool inbox = true;
bool linked;			/* in the intake */
bool filed;			/* in the heap, under the promise */
byte filedUnder;
bool queued;			/* in the executor's queue */

byte now;
byte usersDone;

/* ghosts */
byte owed = 1;			/* firings that answered starts still ask for */

inline tryReclaim() {
	d_step {
		if
		:: freed && references == 0 && !reclaimed && (WEAK == 7 || !running) ->
			reclaimed = true;
			assert(!filed && !linked && !queued && !running)
		:: else
		fi
	}
}

inline release(last) {
	d_step {
		assert(references > 0);
		references--;
		last = (references == 0)
	}
	if
	:: last -> tryReclaim()
	:: else
	fi
}

/* JvmEngine.armed: leave a command, unless there is one */
inline leaveCommand(ok) {
	d_step {
		ok = references > 0;
		if
		:: ok && WEAK != 4 -> references++
		:: else
		fi
	}
	if
	:: ok ->
		d_step { ok = !inbox; inbox = true }
		if
		:: ok -> linked = true
		:: else ->
			if
			:: WEAK != 4 -> release(ok)
			:: else
			fi
		fi
	:: else
	fi
}

proctype User() {
	byte ops, wanted, seen;
	bool ok;

	do
	:: ops == OPS -> break
	:: else ->
		ops++;
		if
		:: /* start */
			if
			:: wanted = 1
			:: wanted = LAST
			fi;
			if
			:: WEAK == 1 -> seen = lookAt
			:: else
			fi;
			d_step {
				ok = !freed;
				if
				:: ok -> armed = true; deadline = wanted; owed = 1
				:: else
				fi
			}
			if
			:: ok ->
				if
				:: WEAK != 1 -> seen = lookAt
				:: else
				fi;
				if
				:: wanted < seen -> leaveCommand(ok)
				:: else
				fi
			:: else
			fi
		:: /* cancel */
			d_step {
				if
				:: armed -> armed = false; owed = 0
				:: else
				fi
			}
		:: /* delete */
			d_step { ok = !freed; freed = true; armed = false; owed = 0 }
			if
			:: ok ->
				seen = lookAt;
				if
				:: WEAK != 6 && seen != NOBODY && seen != WORKER ->
					d_step { ok = !inbox; inbox = true }
					if
					:: ok -> linked = true	/* with the map's reference */
					:: else -> release(ok)
					fi
				:: else -> release(ok)
				fi
			:: else
			fi
		fi
	od;
	usersDone++
}

/* JvmEngine.file: the slot is in the driver's custody and in no heap */
inline file() {
	do
	:: true ->
		d_step { isArmed = armed; isFreed = freed; at = deadline }
		if
		:: isFreed || !isArmed ->
			lookAt = NOBODY;
			d_step { isArmed = armed; isFreed = freed; at = deadline }
			if
			:: isFreed || !isArmed -> break
			:: else ->
				d_step {
					ok = lookAt == NOBODY;
					if
					:: ok -> lookAt = at
					:: else
					fi
				}
				if
				:: !ok -> break
				:: else
				fi
			fi
		:: else
		fi;
		d_step { assert(!filed); filed = true; filedUnder = at }
		lookAt = at;
		if
		:: WEAK == 2 -> break
		:: else
		fi;
		d_step { isArmed = armed; isFreed = freed }
		if
		:: !isFreed && !(isArmed && deadline < at) -> break
		:: else -> filed = false
		fi
	od
}

proctype Driver() {
	byte at, held;
	bool isArmed, isFreed, ok;

end:	do
	:: linked ->	/* drain */
		linked = false;
		if
		:: WEAK != 3 -> inbox = false
		:: else
		fi;
		held = lookAt;
		d_step { isArmed = armed; isFreed = freed; at = deadline }
		if
		:: WEAK == 3 -> inbox = false
		:: else
		fi;
		if
		:: held == NOBODY ->
			if
			:: isArmed && !isFreed ->
				d_step {
					ok = lookAt == NOBODY;
					if
					:: ok -> lookAt = at
					:: else
					fi
				}
				if
				:: ok -> file()
				:: else
				fi
			:: else
			fi
		:: held == WORKER
		:: else ->
			if
			:: isFreed || !isArmed || at < held ->
				d_step { assert(filed); filed = false }
				file()
			:: else
			fi
		fi;
		if
		:: WEAK != 4 || references > 0 -> release(ok)
		:: else
		fi
	:: !linked && filed && filedUnder <= now ->	/* expire */
		filed = false;
		d_step { isArmed = armed; isFreed = freed; at = deadline }
		if
		:: isArmed && !isFreed && at <= now ->
			d_step { assert(references > 0); references++ }
			lookAt = WORKER;
			queued = true
		:: else ->
			/* in file the slot may pass through nobody's hands: not without a reference of our own */
			if
			:: WEAK != 8 -> d_step { assert(references > 0); references++ }
			:: else
			fi;
			file();
			if
			:: WEAK != 8 -> release(ok)
			:: else
			fi
		fi
	od
}

proctype Worker() {
	bool ok, begun;

end:	do
	:: queued ->
		queued = false;
		d_step {	/* beginFire */
			begun = armed && !freed && deadline <= now;
			if
			:: begun ->
				assert(!running);
				assert(owed == 1);
				assert(!reclaimed);
				armed = false;
				running = true;
				owed = 0
			:: else
			fi
		}
		if
		:: begun ->
			release(ok);
			running = false;	/* the callback has run: endFire */
		:: else
		fi;
		lookAt = NOBODY;
		if
		:: freed -> tryReclaim()
		:: !freed && armed && WEAK != 5 ->
			if
			:: deadline < NOBODY -> leaveCommand(ok)
			:: else
			fi
		:: else
		fi;
		if
		:: !begun -> release(ok)
		:: else
		fi
	od
}

proctype Clock() {
	do
	:: now < LAST -> now++
	:: now == LAST -> break
	od
}

init {
	atomic {
		run User();
		run User();
		run Driver();
		run Worker();
		run Clock()
	}
	linked = true;		/* the creator pushes only now; everybody else may have been here already */
	(usersDone == 2 && now == LAST);
	timeout;		/* nobody can do anything any more */
	assert(!linked && !queued && !running && !filed);
	assert(!armed && owed == 0);			/* nothing lost */
	assert(freed -> (references == 0 && reclaimed) : references == 1);
	assert(lookAt == NOBODY)
}
