/*
 * How due slots wait for a permit of their map and for a thread of the executor, and what a stop does with them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * SLOTS slots that fall due once each, an executor of THREADS threads with PLACES places in its own queue, the timer of
 * last resort, a stop. Names as in RunQueue, Dispatcher and InFlight; each atomic and d_step is one compare-and-set, or
 * what is done with the queue's lock in hand, with the bookkeeping of the check beside it.
 *
 *   -DLIMIT=n       the map's concurrency; without it there is none
 *   -DSTOP          somebody stops, and waits until nothing runs
 *   -DFAULTS=n      how often the executor drops a task, runs it twice, or takes it and then refuses it: a step that
 *                   throws after it took effect
 *   -DLIVENESS      instead of the rest: under weak fairness each slot runs
 *
 * -DWEAK=n takes one ordering or one step out, which the check must then reject (spec/check says with what):
 *   1  who finds an offer under way does not ask for another one, and there is no timer
 *   2  a run begins without taking the slot out of the executor's hands by compare-and-set
 *   3  the end of a run does not look at the queue, nor does a timer
 *   4  a stop leaves what is in the executor's hands there
 *   5  a run that ends by throwing keeps its permit
 *   6  what comes while others wait is offered to the executor at once
 *   7  the offerer does not look for a stop after the slot is in the executor's hands
 *   8  a thread that goes on takes the second in line while the first is being offered
 *   9  a refusal sets no timer
 *  10  a run begins without looking for a stop after it is counted
 *  11  a thread goes on with what waits although the executor has older ones in its own queue
 *  12  who has to wait for a permit does not look for one again after it has joined
 *  13  a refused slot goes to the end of the queue
 */

#ifndef WEAK
#define WEAK 0
#endif
#ifndef SLOTS
#define SLOTS 3
#endif
#ifndef THREADS
#define THREADS 1
#endif
#ifndef PLACES
#define PLACES 0
#endif
#ifndef LIMIT
#define LIMIT 0
#endif
#ifndef FAULTS
#define FAULTS 0
#endif

#define NONE 7

#define WORKER   0	/* custody: on its way, or waiting */
#define QUEUED   1	/* in the executor's hands */
#define BEGUN    2
#define ENDED    3
#define RETURNED 4	/* back with the timekeeper, armed */

byte custody[SLOTS];

/* RunQueue */
byte line[SLOTS], length;
byte offered = NONE;
bool again, timer;

/* Dispatcher */
byte permits[SLOTS], waiters;
byte out;

/* InFlight */
byte count, notBegun;

bool running = true;

/* the executor */
byte idle = THREADS;
chan handed = [SLOTS + FAULTS] of { byte };
chan places = [SLOTS + FAULTS] of { byte };

/* ghosts */
bool stopped;
byte faults;
byte ticket[SLOTS], tickets;	/* in which order slots joined the queue; 0: not in it */
byte fell;			/* slots that have been passed on */

#define LAST_RESORT (WEAK != 1 && WEAK != 3 && WEAK != 9)

inline pushLast(s) {
	line[length] = s;
	length++;
	if
	:: ticket[s] == 0 -> tickets++; ticket[s] = tickets
	:: else
	fi
}

inline pushFirst(s) {
	i = length;
	do
	:: i > 0 -> line[i] = line[i - 1]; i--
	:: else -> break
	od;
	line[0] = s;
	length++
}

inline popFirst(s) {
	s = line[0];
	length--;
	i = 0;
	do
	:: i < length -> line[i] = line[i + 1]; i++
	:: else -> break
	od;
	line[length] = 0;
	i = 0
}

/* Dispatcher.giveBack, with custody in hand; permits are of no use to anybody once we are stopped */
inline giveBack(s, permitted) {
	custody[s] = RETURNED;
	if
	:: permitted && LIMIT != 0 -> out--
	:: else
	fi;
	ticket[s] = 0
}

/* RunQueue.returnLine */
inline returnLine() {
	d_step {
		do
		:: length > 0 -> popFirst(s2); giveBack(s2, true)
		:: else -> break
		od;
		s2 = 0
	}
}

/* Dispatcher.returnWaiting */
inline returnWaiting() {
	d_step {
		do
		:: waiters > 0 -> waiters--; giveBack(permits[waiters], false); permits[waiters] = 0
		:: else -> break
		od
	}
}

/* RunQueue.execute; ok: whether the slot has gone to another */
inline execute(s) {
	d_step { count++; notBegun++ }
	custody[s] = QUEUED;
	atomic {
		if
		:: idle > 0 -> idle--; handed!s; ok = true
		:: idle == 0 && len(places) < PLACES -> places!s; ok = true
		:: faults < FAULTS -> faults++; ok = true			/* drops it */
		:: faults < FAULTS && idle > 0 -> faults++; idle--; handed!s; ok = false	/* takes and refuses it */
		:: faults < FAULTS && idle > 0 -> faults++; idle--; handed!s; places!s; ok = true	/* runs it twice */
		:: idle == 0 && len(places) >= PLACES -> ok = false
		fi
	}
	if
	:: !ok ->
		d_step {
			if
			:: custody[s] == QUEUED -> custody[s] = WORKER; count--; notBegun--
			:: else -> ok = true		/* it has run, or was taken back */
			fi
		}
	:: else ->
		if
		:: !running && WEAK != 7 -> recall(s)
		:: else
		fi
	fi
}

/* Dispatcher.recall */
inline recall(s) {
	d_step {
		if
		:: custody[s] == QUEUED -> count--; notBegun--; giveBack(s, true)
		:: else
		fi
	}
}

/* RunQueue.pump */
inline pump() {
	do
	:: length == 0 && offered == NONE -> break
	:: else ->
		d_step {	/* takeToOffer */
			again = (offered != NONE && WEAK != 1);
			x = NONE;
			if
			:: offered == NONE && length > 0 -> popFirst(x); offered = x
			:: else
			fi
		}
		if
		:: x == NONE -> break
		:: else
		fi;
		execute(x);
		d_step {	/* RunQueue.offered */
			if
			:: offered == x -> offered = NONE
			:: else
			fi;
			if
			:: !ok && WEAK != 13 -> pushFirst(x)
			:: !ok && WEAK == 13 -> pushLast(x)
			:: else
			fi;
			x = NONE;
			if
			:: !ok && !again && LAST_RESORT -> timer = true
			:: else
			fi;
			ok = ok || again
		}
		if
		:: !ok ->
			if
			:: !running -> returnLine()
			:: else
			fi;
			break
		:: else -> ok = false
		fi
	od;
	ok = false
}

/* RunQueue.offer */
inline offer(s) {
	if
	:: (length == 0 && offered == NONE) || WEAK == 6 -> execute(s)
	:: else -> ok = false
	fi;
	if
	:: ok -> ok = false; assert(LIMIT != 0 || (length == 0 && offered == NONE))	/* it has overtaken nobody */
	:: else ->
		d_step { pushLast(s) }
		pump();
		if
		:: !running -> returnLine()
		:: else
		fi
	fi
}

/* Dispatcher.permit */
inline permit() {
	d_step {
		got = (LIMIT == 0 || out < LIMIT);
		if
		:: got && LIMIT != 0 -> out++
		:: else
		fi
	}
}

/* Dispatcher.pump */
inline pumpPermits() {
	do
	:: LIMIT == 0 || waiters == 0 -> break
	:: else ->
		permit();
		if
		:: !got -> break
		:: else ->
			got = false;
			d_step {
				y = NONE;
				if
				:: waiters > 0 ->
					y = permits[0];
					waiters--;
					i = 0;
					do
					:: i < waiters -> permits[i] = permits[i + 1]; i++
					:: else -> break
					od;
					permits[waiters] = 0;
					i = 0
				:: else -> out--
				fi
			}
			if
			:: y != NONE -> offer(y)
			:: else
			fi;
			y = 0
		fi
	od;
	got = false
}

/* Dispatcher.submit, by whoever found the slots due, one after another */
proctype Driver() {
	byte s, s2, x, y, i;
	bool ok, got;

	do
	:: s < SLOTS ->
		if
		:: !running -> custody[s] = RETURNED	/* Dispatcher.handOver refuses */
		:: else ->
			got = false;
			if
			:: LIMIT == 0 || waiters == 0 -> permit()
			:: else
			fi;
			if
			:: got -> got = false; offer(s)
			:: else ->
				d_step { permits[waiters] = s; waiters++ }
				if
				:: WEAK != 12 -> pumpPermits()
				:: else
				fi;
				if
				:: !running -> returnWaiting()
				:: else
				fi
			fi
		fi;
		d_step { s++; fell++ }
	:: else -> break
	od
}

/* a thread of the executor */
proctype Thread() {
	byte s, s2, x, y, i;
	bool ok, got, mine;

end:	do
	:: handed?s ->
		do
		:: true ->	/* Dispatcher.runOne */
			d_step {
				mine = (custody[s] == QUEUED || WEAK == 2);
				if
				:: mine ->
					assert(custody[s] == QUEUED);	/* once for each hand-over */
					custody[s] = WORKER;
					notBegun--
				:: else
				fi
			}
			if
			:: mine ->
				d_step {	/* RunQueue.begins */
					if
					:: offered == s -> offered = NONE
					:: else
					fi
				}
				pump()
			:: else
			fi;
			do
			:: mine ->
				if	/* Dispatcher.runTaken: counted, and then looks for a stop */
				:: running || WEAK == 10 ->
					d_step {
						assert(!stopped);	/* no callback begins after a stop that answered true */
						/* first come, first served: who joined the queue earlier is not there any more */
						i = 0;
						do
						:: i < length -> assert(ticket[s] == 0 || ticket[line[i]] > ticket[s]); i++
						:: else -> break
						od;
						assert(ticket[s] == 0 || offered == NONE || ticket[offered] == 0 || ticket[offered] > ticket[s]);
						i = 0;
						custody[s] = BEGUN;
						ticket[s] = 0
					}
					/* here the callback runs */
					custody[s] = ENDED;
					d_step {	/* finally */
						if
						:: LIMIT != 0 && WEAK != 5 -> out--
						:: LIMIT != 0 && WEAK == 5	/* it has thrown */
						:: LIMIT == 0
						fi
					}
					pumpPermits()
				:: else ->
					d_step { giveBack(s, true) }
				fi;
				count--;	/* RunQueue.ended */
				if
				:: WEAK != 3 -> pump()
				:: else
				fi;
				mine = false;
				if	/* RunQueue.next */
				:: (length > 0 || offered != NONE) && running && WEAK != 3 ->
					count++;
					d_step {	/* takeToRun */
						if
						:: notBegun > (offered != NONE -> 1 : 0) && WEAK != 11
						:: else ->
							if
							:: offered != NONE && WEAK != 8 ->
								if
								:: custody[offered] == QUEUED ->
									s = offered;
									custody[s] = WORKER;
									count--;
									notBegun--;
									offered = NONE;
									mine = true
								:: else -> again = (WEAK != 1)
								fi
							:: (offered == NONE || WEAK == 8) && length > 0 ->
								/* the executor has none that came earlier */
								assert(FAULTS != 0 || !running || len(places) == 0);
								popFirst(s);
								mine = true
							:: else
							fi
						fi
					}
					if
					:: !mine -> count--
					:: else
					fi
				:: else
				fi
			:: else -> break
			od;
			atomic {	/* the thread goes back to its executor */
				if
				:: nempty(places) -> places?s
				:: empty(places) -> idle++; s = 0; break
				fi
			}
		od
	od
}

/* Timekeeper.attemptLater, RunQueue.attempt */
proctype Timer() {
	byte s2, x, i;
	bool ok;

end:	do
	:: d_step { timer && running -> timer = false } pump()
	od
}

/* JvmBackend.stop */
proctype Stopper() {
	byte s, s2;
	byte i;

	running = false;
	returnLine();
	returnWaiting();
	do
	:: s < SLOTS ->
		if
		:: WEAK != 4 -> recall(s)
		:: else
		fi;
		s++
	:: else -> break
	od;
	(count == 0);		/* InFlight.awaitNone */
	stopped = true
}

#define DONE(s) (custody[s] == ENDED || custody[s] == RETURNED)

init {
	byte s;

	atomic {
		run Timer();
		s = 0;
		do
		:: s < THREADS -> run Thread(); s++
		:: else -> break
		od;
		run Driver();
#ifdef STOP
		run Stopper()
#endif
	}
#ifndef LIVENESS
	timeout;		/* nobody can do anything any more */
	assert(_nr_pr == 2 + THREADS);		/* everybody has answered: the stop, too */
	s = 0;
	do
	:: s < SLOTS ->
		/* nothing is lost; what an executor drops stays in its hands until a stop */
		assert(DONE(s) || (FAULTS != 0 && running && custody[s] == QUEUED) || (LIMIT != 0 && FAULTS != 0 && running));
		assert(running -> custody[s] != RETURNED : true);
		s++
	:: else -> break
	od;
	if
	:: !running || FAULTS == 0 ->
		assert(length == 0 && waiters == 0 && offered == NONE);
		assert(count == 0 && notBegun == 0 && out == 0);
		assert(idle == THREADS)
	:: else
	fi
#endif
}

#ifdef LIVENESS
ltl served { <> (custody[0] == ENDED && custody[1] == ENDED && custody[2] == ENDED) }
#endif
