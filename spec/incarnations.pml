/*
 * One key of a map with whenIdle = FREE: a slot ends with its run, a start makes the next one, and that one's run waits for
 * the former one's to end.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Threads that start by key and one that deletes or cancels, an executor of THREADS threads, MOST incarnations. Names as in
 * LocalTimerSlots, LocalSlots, StateWord, CallbackRunner and Dispatcher; each atomic and d_step is one compare-and-set, or the
 * index's own atomic step. When a slot is due and what the driver does is the matter of control-block.pml, and how it waits
 * for a thread that of run-queue.pml: here each armed slot is due, and the executor takes all.
 *
 *   -DSTARTS=n       how often the key is started, by two threads; INSIDE comes to that, four in all at most
 *   -DOTHER=CANCEL   what the third thread does, OTHERS times: DELETE or CANCEL
 *   -DINSIDE=1       the first run deletes its slot, starts its key and goes on
 *   -DFAULTS=n       how often a run is cut short by an Error before it begins
 *   -DSTOP           somebody stops, and waits until nothing runs
 *   -DLIVENESS       instead of the rest: under weak fairness everybody is answered, and what was answered has its run
 *
 * -DWEAK=n takes one ordering or one step out, which the check must then reject (spec/check says with what):
 *   1  who waits for a former run does not look at that again after it has parked
 *   2  nobody waits for a former run
 *   3  a slot waits for the one before it alone, which may itself have waited for a run
 *   4  a start looks whether the slot is freed, and arms it, in two steps
 *   5  who waits for a former run does not count as begun while it looks at that again
 *   6  the end of a run takes those that wait before it clears RUNNING
 *   7  a run that is cut short does not give its slot back
 *   8  those that waited are handed over after a stop, too, and begin
 *   9  who makes a slot looks for another one before the index's atomic step
 *  10  the end of a run frees an idle slot in a step of its own
 *  11  a run that throws hands over nobody
 *  12  a start that finds a freed slot looks again until that is gone
 */

#define DELETE 1
#define CANCEL 2

#ifndef WEAK
#define WEAK 0
#endif
#ifndef STARTS
#define STARTS 2
#endif
#ifndef INSIDE
#define INSIDE 0
#endif
#ifndef FAULTS
#define FAULTS 0
#endif
#ifndef OTHER
#define OTHER DELETE
#endif
#ifndef OTHERS
#define OTHERS 1
#endif
#ifndef THREADS
#define THREADS 2
#endif

#ifdef LIVENESS
#define DONE answered++
#else
#define DONE skip
#endif

#define MOST 4		/* incarnations: a start makes no more than one */
#define NONE 7

/* StateWord.word of each incarnation: read and changed in one step */
bool armed[MOST], running[MOST], freed[MOST];

/* Custody */
#define NOBODY   0
#define QUEUED   1	/* in the executor's hands */
#define WORKER   2
#define RETURNED 3	/* back with the timekeeper, after a stop */
byte custody[MOST];

byte former[MOST];	/* whose run it waits for: SlotDetails.predecessor */
bool parked[MOST];	/* with that one: SlotDetails.park */

byte made;		/* incarnations */
byte index = NONE;
byte inFlight;
bool stopping;

/* ghosts */
bool owed[MOST];	/* an answered start asks for its one run */
bool stopped;
byte answered;		/* threads that are done; counted for LIVENESS alone */
byte faults;
bool inside = INSIDE;

/* Dispatcher.submit and resume, with custody in hand */
inline handOver(s) {
	inFlight++;
	if
	:: stopping && WEAK != 8 -> d_step { custody[s] = RETURNED; inFlight-- }
	:: else ->
		custody[s] = QUEUED;
		if
		:: stopping -> recall(s)
		:: else
		fi
	fi
}

/* Dispatcher.recall */
inline recall(s) {
	d_step {
		if
		:: custody[s] == QUEUED && WEAK != 8 -> custody[s] = RETURNED; inFlight--
		:: else
		fi
	}
}

/* LocalTimerSlots.pending: takes what nobody has */
inline pending(s) {
	d_step {
		ok = (custody[s] == NOBODY);
		if
		:: ok -> custody[s] = WORKER
		:: else
		fi
	}
	if
	:: ok -> ok = false; handOver(s)
	:: else
	fi
}

/* LocalTimerSlots.start, by key */
inline start(b) {
	do
	:: true ->
		b = index;
		if
		:: b != NONE ->
			if
			:: WEAK == 4 -> ok = !freed[b]
			:: else
			fi;
			d_step {	/* StateWord.arm */
				if
				:: WEAK != 4 -> ok = !freed[b]
				:: else
				fi;
				if
				:: ok -> armed[b] = true; owed[b] = true
				:: else
				fi
			}
			if
			:: ok -> ok = false; pending(b); break
			:: else
			fi
		:: else
		fi;
		if
		:: WEAK == 9 -> ok = (index != NONE && !freed[index])
		:: WEAK == 12 && b != NONE && index == b -> goto again
		:: else
		fi;
		d_step {	/* SlotIndex.create, LocalSlots.makeIn */
			if
			:: WEAK != 9 -> ok = (index != NONE && !freed[index])	/* EXISTS */
			:: else
			fi;
			if
			:: ok
			:: else ->
				b = made;
				made++;
				former[b] = NONE;
				if
				:: index == NONE
				:: index != NONE && running[index] -> former[b] = index
				:: index != NONE && !running[index] && WEAK != 3 ->
					if
					:: former[index] != NONE && running[former[index]] -> former[b] = former[index]
					:: else
					fi
				:: else
				fi;
				index = b;
				armed[b] = true;
				owed[b] = true
			fi
		}
		if
		:: !ok -> pending(b); break
		:: else -> ok = false
		fi;
again:		skip
	od;
	b = 0
}

/* LocalSlots.detach and removed: out of the index, unless another one has taken its place or its run goes on */
inline detach(b) {
	d_step {
		if
		:: index == b && !running[b] && (former[b] == NONE || !running[former[b]]) -> index = NONE
		:: else
		fi
	}
}

/* LocalSlots.free by a delete, or by a cancel that would leave it idle */
inline operate(op, b) {
	b = index;
	if
	:: b != NONE ->
		d_step {
			ok = (op == DELETE && !freed[b]) || (op == CANCEL && armed[b] && !running[b] && !freed[b]);
			if
			:: !freed[b] -> armed[b] = false; owed[b] = false
			:: else
			fi;
			if
			:: ok -> freed[b] = true
			:: else
			fi
		}
		if
		:: ok -> ok = false; detach(b)
		:: else
		fi
	:: else
	fi;
	b = 0
}

proctype Starter(byte times) {
	byte b;
	bool ok;

	do
	:: times > 0 -> start(b); times--
	:: else -> break
	od;
	DONE
}

proctype Other(byte times) {
	byte b;
	bool ok;

	do
	:: times > 0 -> operate(OTHER, b); times--
	:: else -> break
	od;
	DONE
}

/* CallbackRunner.resume, and waitsForFormerIncarnation when it finds the run ended: hands over all but one */
inline resumeAll(f, but) {
	d_step {	/* SlotDetails.takeHeirs */
		h = 0;
		do
		:: h < made ->
			if
			:: parked[h] && former[h] == f -> parked[h] = false; taken[h] = true
			:: else
			fi;
			h++
		:: else -> break
		od;
		h = 0
	}
	do
	:: true ->
		d_step {
			do
			:: h < MOST && !taken[h] -> h++
			:: else -> break
			od;
			if
			:: h < MOST -> taken[h] = false
			:: else
			fi
		}
		if
		:: h == MOST -> break
		:: h < MOST && h == but -> mine = true
		:: h < MOST && h != but -> handOver(h)
		:: else
		fi;
		h = 0
	od;
	h = 0
}

/* a thread of the executor: CallbackRunner.run */
proctype Thread() {
	byte s, b, h;
	bool ok, mine, waits, ends;
	bool taken[MOST];

end:	do
	:: atomic {
		if
		:: custody[0] == QUEUED -> s = 0
		:: custody[1] == QUEUED -> s = 1
		:: custody[2] == QUEUED -> s = 2
		:: custody[3] == QUEUED -> s = 3
		fi;
		custody[s] = WORKER
	   }
		if
		:: stopping && WEAK != 8 -> d_step { custody[s] = RETURNED; inFlight--; s = 0 }; goto end
		:: else
		fi;
		waits = false;
		/* waitsForFormerIncarnation: publish, then look again */
		if
		:: former[s] != NONE && WEAK != 2 ->
			if
			:: running[former[s]] && !freed[s] ->
				if
				:: WEAK == 5 -> inFlight--
				:: else
				fi;
				parked[s] = true;
				if
				:: running[former[s]] || WEAK == 1 -> waits = true
				:: else ->
					resumeAll(former[s], s);
					waits = !mine;
					if
					:: mine && WEAK == 5 -> inFlight++
					:: else
					fi;
					mine = false
				fi
			:: else
			fi
		:: else
		fi;
		if
		:: waits ->
			if
			:: WEAK != 5 -> inFlight--
			:: else
			fi;
			s = 0;
			goto end
		:: else
		fi;
		if
		:: faults < FAULTS ->	/* CallbackRunner.giveBack: the timekeeper hands it over again */
			faults++;
			inFlight--;
			if
			:: WEAK != 7 -> handOver(s)
			:: else
			fi;
			s = 0;
			goto end
		:: true
		fi;
		d_step {	/* StateWord.beginFire */
			ok = armed[s] && !freed[s];
			if
			:: ok ->
				assert(!stopped);
				assert(owed[s]);
				h = 0;
				do
				:: h < made -> assert(!running[h]); h++	/* runs of one key do not overlap */
				:: else -> break
				od;
				h = 0;
				armed[s] = false;
				owed[s] = false;
				running[s] = true
			:: else
			fi
		}
		if
		:: ok ->
			ok = false;
			/* here the callback runs, and may throw */
			d_step { ends = inside; inside = false }
			if
			:: ends -> ends = false; operate(DELETE, b); start(b)
			:: else
			fi;
			if
			:: WEAK == 6 -> resumeAll(s, NONE)
			:: else
			fi;
			if
			:: WEAK == 10 ->
				ok = !armed[s] && !freed[s];
				d_step {
					running[s] = false;
					if
					:: ok -> freed[s] = true; armed[s] = false
					:: else
					fi;
					ok = false
				}
			:: else ->
				d_step {	/* StateWord.endFire */
					running[s] = false;
					if
					:: !armed[s] -> freed[s] = true
					:: else
					fi
				}
			fi;
			if
			:: freed[s] -> detach(s)
			:: else
			fi;
			if
			:: WEAK != 6 && WEAK != 11 -> resumeAll(s, NONE)
			:: WEAK == 11 && true	/* it has thrown */
			:: WEAK == 11 && true -> resumeAll(s, NONE)
			:: WEAK == 6
			fi
		:: else
		fi;
		inFlight--;
		custody[s] = NOBODY;	/* CallbackRunner.passOn: lets go, then looks at the word */
		if
		:: armed[s] && !freed[s] -> pending(s)
		:: else
		fi;
		s = 0
	od
}

/* JvmBackend.stop */
proctype Stopper() {
	byte s;

	stopping = true;
	do
	:: s < MOST -> recall(s); s++
	:: else -> break
	od;
	(inFlight == 0);
	stopped = true
}

init {
	byte s;

	atomic {
		s = 0;
		do
		:: s < THREADS -> run Thread(); s++
		:: else -> break
		od;
		run Starter(1);
		run Starter(STARTS - 1);
		run Other(OTHERS);
#ifdef STOP
		run Stopper()
#endif
	}
#ifndef LIVENESS
	timeout;		/* nobody can do anything any more */
	assert(_nr_pr == 1 + THREADS);	/* everybody has answered: the stop, too */
	assert(inFlight == 0);
	s = 0;
	do
	:: s < made ->
		assert(!running[s]);
		assert(!parked[s]);				/* nobody waits for a run that has ended */
		assert(stopping || !owed[s]);			/* nothing is lost */
		assert(armed[s] == owed[s]);			/* what a stop gave back is armed */
		assert(armed[s] -> custody[s] == RETURNED : true);
		assert(armed[s] || freed[s]);			/* nothing stays idle */
		assert(!armed[s] || index == s);		/* one live slot of a key */
		s++
	:: else -> break
	od
#endif
}

#ifdef LIVENESS
#define OWED (owed[0] || owed[1] || owed[2] || owed[3])
ltl served { []<> !OWED && <> (answered == 3) }
#endif
