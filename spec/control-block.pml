/*
 * The control-block protocol of the core, small enough to check exhaustively.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One incarnation of a slot from its publication on: its creator, up to three threads that operate on it, the driver
 * (timer thread), a worker, a clock. Names as in the Java sources; each inline and each branch says which method it
 * stands for. Each statement is one volatile access or one compare-and-set; d_step and atomic stand for exactly those,
 * with the choice of an argument and the bookkeeping of the check (see "ghosts") beside it.
 *
 *   -DA=.. -DB=.. -DC=..      what the threads do, one operation each: START, TOUCH, CANCEL, DELETE, CLOSE, SUBMIT,
 *                             PAUSE, RESUME.
 *                             Deadlines are chosen by the checker. Threads that do the same begin in order of their
 *                             number, which loses nothing since they are alike.
 *   -DA2=.. -DB2=..           a second operation for these threads
 *   -DREFUSALS=n              how often the executor refuses
 *   -DBUCKETS=1               the driver files what is far in buckets
 *   -DWORK                    a work slot: submits pass it to a worker without the driver
 *   -DFREE=1                  whenIdle = FREE: the step that would leave the slot idle frees it
 *
 * Time is a counter that may rise at any moment; when it has reached LATER everything armed is due.
 *
 * -DWEAK=n takes one ordering or one step out, which the check must then reject (spec/check says with what):
 *   1  a start reads lookAt before it stores the word               (Custody: store first, then look)
 *   2  the driver does not read the word again after its promise    (same pair, other side)
 *   3  the drain clears the inbox after it has read the word
 *   4  a start does not take a reference for its command
 *   5  the run's end does not look for an armed word after it has let go
 *   6  delete releases the map's reference at once, also while the driver holds the slot
 *   7  reclaim does not wait for the run to end
 *   8  the driver files a slot anew without holding a reference
 *   9  the creator looks whether the map is closed before it publishes
 *  10  beginFire reads the word and stores it in two steps
 *  11  the worker does not ask the word again whether the slot is due
 *  12  custody is passed on before the run has ended
 *  13  retain revives a count of 0
 *  14  tryReclaim reads the word and stores it in two steps
 *  15  the run's end looks for FREED before it clears RUNNING
 *  16  close looks for slots before it has set closed
 *  17  touch reads the word and stores it in two steps
 *  18  a slot that was refused is returned without a command
 *  19  close does not wait for what runs
 *  20  a submit runs the slot without having taken it
 *  21  a freer reads the cell of a command and empties it in two steps
 *  22  the worker of a paused slot does not look at the pause again after it has let go
 *  23  a resume reads lookAt before it ends the pause
 *  24  the run's end looks for an armed word first, and frees the slot in a step of its own
 *  25  a cancel disarms the slot first, and frees it in a step of its own
 */

#define START  1
#define TOUCH  2
#define CANCEL 3
#define DELETE 4
#define CLOSE  5
#define SUBMIT 6
#define PAUSE  7
#define RESUME 8

#ifndef WEAK
#define WEAK 0
#endif
#ifndef A
#define A 0
#endif
#ifndef B
#define B 0
#endif
#ifndef C
#define C 0
#endif
#ifndef A2
#define A2 0
#endif
#ifndef B2
#define B2 0
#endif
#ifndef REFUSALS
#define REFUSALS 0
#endif
#ifndef BUCKETS
#define BUCKETS 0
#endif
#ifndef FREE
#define FREE 0
#endif

/* nobody closes the map: then nothing about it is ever different, and reading it is no step */
#define CLOSING (A == CLOSE || B == CLOSE || C == CLOSE || A2 == CLOSE || B2 == CLOSE)

/* likewise nobody pauses the slot */
#define PAUSING (A == PAUSE || B == PAUSE || C == PAUSE || A2 == PAUSE || B2 == PAUSE)

#define WORKER   0		/* lookAt: less than any deadline */
#define RETURNED 1		/* lookAt: less than any deadline */
#define SOON     2		/* a deadline */
#define LATER    3		/* the largest deadline */
#define NOBODY   4		/* lookAt: greater than any deadline */

/* StateWord.word: read and changed in one step */
bool armed = true, running, freed, reclaimed;
byte deadline;

/* StateWord.references: the map's, and for a timer that of the command that tells of the birth */
#ifdef WORK
byte references = 1;
#else
byte references = 2;
#endif

/* Custody */
byte lookAt = NOBODY;
#ifdef WORK
bool inbox;
#else
bool inbox = true;
#endif

bool linked;			/* Intake: the slot is in a stripe */
bool filed;			/* the driver's timer structure holds it */
byte filedUnder;		/* and that is its key there */
bool queued;			/* the executor holds it */

/* LocalSlots */
bool published, inIndex, closed;
bool bound = true;		/* the binding is there; close takes it out */

bool paused;			/* PauseSwitch: of the slot or of its map */

byte now = 1;

/* ghosts: no step reads them but to assert */
bool owed = true;		/* an answered start or touch still asks for its one run */
bool closeAnswered;
byte began;			/* threads that have begun, where their order does not matter */
byte refusals;

/* ControlBlock.reclaimIfDone, StateWord.tryReclaim */
inline tryReclaim() {
	if
	:: WEAK != 7 && (!freed || running || reclaimed)	/* one reading of the word */
	:: WEAK == 7 && (!freed || reclaimed)
	:: else ->
		if
		:: references != 0
		:: else ->
			d_step {	/* the CAS: freed and not running stay so */
				if
				:: reclaimed && WEAK != 14
				:: else ->
					assert(!reclaimed);
					assert(!running);
					assert(!filed && !linked && !queued);
					reclaimed = true
				fi
			}
		fi
	fi
}

/* ControlBlock.releaseReference, StateWord.release */
inline release(last) {
	d_step {
		assert(references > 0);
		references--;
		last = (references == 0)
	}
	if
	:: last -> last = false; tryReclaim()
	:: else
	fi
}

/* ControlBlock.retainReference, StateWord.retain */
inline retain(ok) {
	d_step {
		ok = (references > 0 || WEAK == 13);
		if
		:: ok ->
			assert(references > 0);
			references++
		:: else
		fi
	}
}

/* Intake.push, with the inbox claim in hand */
inline push() {
	d_step { assert(!reclaimed && !linked); linked = true }
}

/* JvmEngine.armed: leave a command, unless there is one */
inline leaveCommand(ok) {
	if
	:: WEAK == 4 -> ok = (references > 0)
	:: else -> retain(ok)
	fi;
	if
	:: ok ->
		d_step { ok = !inbox; inbox = true }	/* Custody.enterInbox */
		if
		:: ok -> ok = false; push()
		:: else ->
			if
			:: WEAK != 4 -> release(ok)
			:: else
			fi
		fi
	:: else
	fi
}

/* Dispatcher.handOver, by the driver or by a submit, both in custody; ok: whether it worked */
inline handOver(ok, promised) {
	retain(ok);
	if
	:: ok ->
		lookAt = WORKER;
		if
		:: d_step { assert(!queued && !reclaimed); queued = true }
		:: refusals < REFUSALS ->
			refusals++;
			lookAt = promised;
			release(ok);
			ok = false
		fi
	:: else
	fi
}

/* Timekeeper.retry: JvmEngine.retry */
inline retry(ok) {
	lookAt = RETURNED;
	if
	:: WEAK != 18 -> leaveCommand(ok)
	:: else
	fi
}

/* LocalTimerSlots.pending, LocalWorkSlots.pending */
inline pending(wanted, seen, ok) {
#ifdef WORK
	d_step {	/* deadline <= now, Custody.take; time only rises, so reading it here loses nothing */
		ok = (wanted <= now && (lookAt == NOBODY || WEAK == 20));
		if
		:: ok -> lookAt = WORKER
		:: else
		fi
	}
	if
	:: ok ->
		handOver(ok, WORKER);
		if
		:: ok -> ok = false
		:: else -> retry(ok)
		fi
	:: else ->
#endif
	if
	:: WEAK != 1 -> seen = lookAt
	:: else
	fi;
	if
	:: wanted < seen -> seen = 0; leaveCommand(ok)
	:: else -> seen = 0
	fi
#ifdef WORK
	fi
#endif
}

/* JvmEngine.freed: lets go of the slot, and passes the map's reference on */
inline passOn(seen, ok) {
	seen = lookAt;
	if
	:: WEAK != 6 && seen != NOBODY && seen != WORKER ->
		d_step { seen = 0; ok = !inbox; inbox = true }
		if
		:: ok -> ok = false; push()		/* with the map's reference */
		:: else -> release(ok)
		fi
	:: else ->
		seen = 0;
		if	/* Intake.withdraw: one CAS on the cell; it finds the command only in the newest chunk */
		:: d_step { WEAK != 21 && linked -> linked = false; ok = true }
		:: WEAK == 21 && linked -> ok = true; linked = false
		:: true
		fi;
		if
		:: ok -> inbox = false; release(ok)
		:: else
		fi;
		release(ok)
	fi
}

/* LocalSlots.free: StateWord.free, detach, Timekeeper.freed */
inline free(seen, ok) {
	d_step {
		ok = !freed;
		seen = running;
		freed = true;
		armed = false;
		owed = false
	}
	if
	:: ok ->
		ok = false;
		if
		:: !seen && CLOSING -> inIndex = false
		:: else
		fi;
		passOn(seen, ok)
	:: else -> seen = 0
	fi
}

inline operate(op) {
	if
	:: op == START ->	/* LocalSlots.arm */
		if
		:: WEAK == 1 -> seen = lookAt
		:: else
		fi;
		atomic {	/* StateWord.arm */
			if
			:: wanted = SOON
			:: wanted = LATER
			fi;
			ok = !freed;
			if
			:: ok -> armed = true; deadline = wanted; owed = true
			:: else -> wanted = 0; seen = 0
			fi
		}
		if
		:: ok -> ok = false; pending(wanted, seen, ok); wanted = 0
		:: else
		fi
	:: op == TOUCH ->	/* LocalTimerSlots.touch */
		if
		:: WEAK == 17 -> ok = armed && !freed
		:: else
		fi;
		atomic {	/* StateWord.move */
			if
			:: wanted = SOON
			:: wanted = LATER
			fi;
			if
			:: WEAK != 17 -> ok = armed && !freed
			:: else
			fi;
			if
			:: ok -> armed = true; deadline = wanted
			:: else -> wanted = 0
			fi
		}
		if
		:: ok -> ok = false; pending(wanted, seen, ok); wanted = 0
		:: else
		fi
	:: op == CANCEL ->	/* LocalSlots.cancel, StateWord.disarm, freedIdle */
		d_step {
			ok = FREE && armed && !running && !freed;
			armed = false;
			owed = false;
			if
			:: ok && WEAK != 25 -> freed = true
			:: else
			fi
		}
		if
		:: ok && WEAK == 25 -> d_step { freed = true; armed = false }
		:: else
		fi;
		if
		:: ok ->
			ok = false;
			if
			:: CLOSING -> inIndex = false
			:: else
			fi;
			passOn(seen, ok)
		:: else
		fi
	:: op == DELETE ->
		free(seen, ok)
	:: op == CLOSE ->	/* LocalSlots.close */
		if
		:: WEAK == 16 -> ok = inIndex; closed = true
		:: else -> closed = true; ok = inIndex
		fi;
		if
		:: ok -> ok = false; free(seen, ok)
		:: else
		fi;
		bound = false;
		(!inIndex || WEAK == 19);	/* RunBarrier.await, isQuiescent */
		d_step { assert(!running); closeAnswered = true }
	:: op == SUBMIT ->	/* LocalWorkSlots.submit */
		d_step {	/* StateWord.armIfIdle; to submit is to ask for a run now */
			ok = !freed && !armed;
			if
			:: ok -> armed = true; deadline = now; wanted = now; owed = true
			:: else
			fi
		}
		if
		:: ok -> ok = false; pending(wanted, seen, ok); wanted = 0
		:: else
		fi
	:: op == PAUSE ->	/* LocalSlots.pause */
		paused = true
	:: op == RESUME ->	/* LocalSlots.resume, passOn */
		if
		:: WEAK == 23 -> seen = lookAt
		:: else
		fi;
		d_step { ok = paused; paused = false }
		if
		:: ok ->
			d_step { ok = armed && !freed; wanted = deadline }
			if
			:: ok && WEAK == 23 ->
				ok = false;
				if
				:: wanted < seen -> seen = 0; leaveCommand(ok)
				:: else -> seen = 0
				fi
			:: ok && WEAK != 23 -> ok = false; pending(wanted, seen, ok)
			:: else -> seen = 0
			fi;
			wanted = 0
		:: else -> seen = 0
		fi
	fi
}

proctype User(byte rank, first, second) {
	byte wanted, seen;
	bool ok;

	/* found in the index: the others find nothing, and do nothing. A closer looks for itself. */
	d_step { began >= rank && (published || first == CLOSE) -> began++ }
	operate(first);
	if
	:: second != 0 ->
		(published || second == CLOSE);
		operate(second)
	:: else
	fi
}

/* LocalSlots.create: the slot's first start or submit */
proctype Creator() {
	byte wanted, seen;
	bool ok, seesClosed;

	if
	:: WEAK == 9 -> seesClosed = closed
	:: else
	fi;
	atomic {	/* the index's own atomic step */
		if
		:: deadline = SOON
		:: deadline = LATER
		fi;
		wanted = deadline;
		published = true;
		inIndex = true
	}
	if
	:: CLOSING && WEAK != 9 -> seesClosed = closed
	:: else
	fi;
	if
	:: seesClosed -> free(seen, ok)
	:: else
#ifdef WORK
		-> pending(wanted, seen, ok)
#endif
	fi;
#ifndef WORK
	push()		/* JvmEngine.born; everybody else may have been here already */
#endif
}

/* JvmEngine.file: the slot is in the driver's custody and in no structure */
inline file() {
	do
	:: true ->
		d_step { isPending = armed && !freed; at = deadline }
		if
		:: !isPending ->
			lookAt = NOBODY;
			d_step { isPending = armed && !freed; at = deadline }
			if
			:: !isPending -> at = 0; break
			:: else ->
				d_step {	/* Custody.take */
					ok = lookAt == NOBODY;
					if
					:: ok -> lookAt = at
					:: else
					fi
				}
				if
				:: !ok -> isPending = false; at = 0; break
				:: else -> ok = false
				fi
			fi
		:: else
		fi;
		d_step {	/* DeadlineWheel.insert: a bucket's promise is before the deadline, the heap's is the deadline */
			assert(!filed && !reclaimed);
			filed = true;
			isPending = false;
			if
			:: BUCKETS && now < SOON -> at = SOON
			:: else
			fi;
			filedUnder = at
		}
		lookAt = at;
		if
		:: WEAK == 2 -> at = 0; break
		:: else
		fi;
		if	/* one reading of the word */
		:: !freed && !(armed && deadline < at) -> at = 0; break
		:: else -> d_step { filed = false; filedUnder = 0; at = 0 }
		fi
	od
}

proctype Driver() {
	byte at, held;
	bool isPending, ok;

end:	do
	:: d_step { linked -> linked = false }	/* JvmEngine.drain, Intake.take */
		/* JvmEngine.command */
		if
		:: WEAK != 3 -> inbox = false
		:: else
		fi;
		held = lookAt;
		d_step { isPending = armed && !freed; at = deadline }
		if
		:: WEAK == 3 -> inbox = false
		:: else
		fi;
		if
		:: held == NOBODY ->
			if
			:: isPending ->
				d_step {	/* Custody.take */
					held = 0;
					isPending = false;
					ok = lookAt == NOBODY;
					if
					:: ok -> lookAt = at
					:: else
					fi;
					at = 0
				}
				if
				:: ok -> ok = false; file()
				:: else
				fi
			:: else -> held = 0; at = 0
			fi
		:: held == WORKER -> isPending = false; at = 0
		:: held == RETURNED -> d_step { held = 0; isPending = false; at = 0 }; file()
		:: else ->
			if
			:: !isPending || at < held ->
				d_step { assert(filed); filed = false; filedUnder = 0; held = 0; isPending = false; at = 0 }
				file()
			:: else -> d_step { held = 0; isPending = false; at = 0 }
			fi
		fi;
		if
		:: WEAK != 4 || references > 0 -> release(ok)
		:: else
		fi
	:: d_step { !linked && filed && filedUnder <= now -> filed = false }	/* JvmEngine.expire */
		d_step { isPending = armed && !freed && deadline <= now }
		if
		:: isPending ->
			isPending = false;
			handOver(ok, filedUnder)
		:: else
		fi;
		if
		:: ok -> ok = false; filedUnder = 0
		:: else ->
			filedUnder = 0;
			/* JvmEngine.refile: in file the slot may pass through nobody's hands, hence a reference of our own */
			if
			:: WEAK != 8 -> retain(ok)
			:: else -> ok = true
			fi;
			if
			:: ok ->
				ok = false;
				file();
				if
				:: WEAK != 8 -> release(ok)
				:: else
				fi
			:: else
			fi
		fi
	od
}

/* StateWord.endFire, and the slot out of the index if it is freed: CallbackRunner.end */
inline endRun() {
	if
	:: WEAK == 15 -> isFreed = freed; running = false
	:: FREE && WEAK == 24 ->
		d_step { isFreed = freed; freesIdle = !armed && !freed }
		d_step {
			running = false;
			if
			:: freesIdle -> freed = true; armed = false
			:: else
			fi
		}
	:: FREE && WEAK != 24 ->
		d_step {
			running = false;
			isFreed = freed;
			freesIdle = !armed && !freed;
			if
			:: freesIdle -> freed = true
			:: else
			fi
		}
	:: else ->
		running = false;
		if
		:: CLOSING -> isFreed = freed
		:: else
		fi
	fi;
	if
	:: isFreed -> isFreed = false; inIndex = false
	:: freesIdle ->
		freesIdle = false;
		if
		:: CLOSING -> inIndex = false
		:: else
		fi;
		passOn(seen, ok)
	:: else
	fi
}

/* CallbackRunner.letGo */
inline letGo() {
	lookAt = NOBODY;
	if	/* one reading of the word */
	:: freed -> tryReclaim()
	:: !freed && armed && WEAK != 5 ->
		wanted = deadline;
		if
		:: PAUSING && WEAK != 22 && paused	/* in nobody's hands, due as it may be */
		:: PAUSING && WEAK == 22 && held
		:: else -> pending(wanted, seen, ok)
		fi;
		wanted = 0
	:: !freed && (!armed || WEAK == 5)
	fi
}

proctype Worker() {
	byte wanted, seen;
	bool ok, begun, isFreed, held;
	bool freesIdle;

end:	do
	:: refusals < REFUSALS && queued ->	/* Dispatcher.pump, giveBack: it waited for a permit, and was refused */
		d_step { refusals++; queued = false }
		retry(ok);
		release(ok)
	:: d_step { queued -> queued = false }
		/* CallbackRunner.run */
		if
		:: CLOSING -> begun = bound	/* LocalSlots.useBinding */
		:: else -> begun = true
		fi;
		if
		:: PAUSING ->	/* CallbackRunner.isPaused */
			held = paused;
			if
			:: held -> begun = false
			:: else
			fi
		:: else
		fi;
		if
		:: begun && WEAK == 10 -> begun = armed && !freed && deadline <= now
		:: else
		fi;
		d_step {	/* StateWord.beginFire */
			if
			:: WEAK == 10
			:: else -> begun = begun && armed && !freed && (deadline <= now || WEAK == 11)
			fi;
			if
			:: begun ->
				assert(!running);		/* runs do not overlap */
				assert(owed);			/* one start, one run; none after a cancel or delete that answered */
				assert(deadline <= now);	/* never early */
				assert(!reclaimed);
				assert(!closeAnswered);
				armed = false;
				running = true;
				owed = false
			:: else
			fi
		}
		if
		:: begun ->
			begun = false;
			release(ok);
			/* here the callback runs */
			if
			:: WEAK == 12 -> letGo(); endRun()
			:: else -> endRun(); letGo()
			fi
		:: else ->
			letGo();
			release(ok)
		fi;
		held = false
	od
}

proctype Clock() {
	do
	:: now < LATER -> now++
	:: now == LATER -> break
	od
}

#define RANK_B (B == A && A2 == B2 -> 1 : 0)
#define RANK_C (C == B && A2 == 0 && B2 == 0 -> (B == A -> 2 : 1) : 0)

init {
	atomic {	/* Spin lets a process go only when those started after it have gone: these two stay */
		run Driver();
		run Worker();
		run Creator();
		if
		:: A != 0 -> run User(0, A, A2)
		:: else
		fi;
		if
		:: B != 0 -> run User(RANK_B, B, B2)
		:: else
		fi;
		if
		:: C != 0 -> run User(RANK_C, C, 0)
		:: else
		fi;
		run Clock()
	}
	timeout;		/* nobody can do anything any more */
	assert(_nr_pr == 3);					/* everybody has answered; driver and worker wait */
	assert(!linked && !queued && !running && !filed);	/* nothing stays anywhere */
	assert(paused || (!armed && !owed));			/* nothing is lost; what is paused waits at rest */
	assert(freed -> (references == 0 && reclaimed) : references == 1);
	assert(closed -> freed : true);				/* no live slot in a closed map */
	assert(!FREE || armed || freed);			/* with FREE nothing stays idle */
	assert(!CLOSING || inIndex == !freed);
	assert(reclaimed || lookAt == NOBODY)
}
