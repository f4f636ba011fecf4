/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The newlib heap behind a mutex, and the frees that could not wait for it. CORES
 * tasks allocate and free for ever; on INTERRUPTS of their cores a handler frees
 * as well, landing on its task between any two steps, the holder's included.
 *
 * The unlock is a plain store, which a core may keep to itself for a while: it is
 * in `unlocking` until the core drains its stores, at a fence, at an atomic
 * operation or by itself.
 *
 * -DBEFORE_START: one task, no mutex, and a handler that does not say that it is
 * one, which only `inside` keeps out.
 * -DBROKEN=n leaves one thing out; each must be found.
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#ifdef BEFORE_START
#define CORES 1
#define INTERRUPTS 1
#define STARTED false
#endif
#ifndef STARTED
#define STARTED true
#endif
#ifndef CORES
#define CORES 2
#endif
#ifndef INTERRUPTS
#define INTERRUPTS 1
#endif
#ifndef BLOCKS
#define BLOCKS 2
#endif
#define NOBODY 255

byte mutex = NOBODY;    /* the core that holds it */
bool unlocking[CORES];  /* its unlock is not seen by others yet */
bool inside, locked;
byte head;              /* of the deferred list; blocks are 1 ... */
byte next[BLOCKS + 1];
bool in_handler[CORES]; /* its task stands still */

/* What no C code has, to state the properties: */
#define NEWLIB 0 /* a block is newlib's, a context's ... */
#define LIST 100 /* ... or deferred */
byte where[BLOCKS + 1];
bool late[BLOCKS + 1]; /* deferred by a handler when nobody was in the heap */
byte in_newlib;        /* contexts that are at work in the newlib heap */
byte busy;             /* tasks and handlers inside an operation */

#define ME (core + 1 + handler * CORES) /* in `where` */

#define DRAIN_STORES(c) \
    if                  \
    :: unlocking[c] -> unlocking[c] = false; mutex = NOBODY \
    :: else             \
    fi

inline at_rest()
{
    busy--;
    if
    :: busy == 0 ->
        assert(in_newlib == 0);
        /* Nobody is left behind, but what a handler deferred when there was nobody to
         * see to it, which waits for the next who comes. */
        b = 1;
        do
        :: b > BLOCKS -> break
        :: else -> assert(where[b] != LIST || late[b]); b++
        od;
        b = 0
    :: else
    fi
}

/* mirrors fallback/osh_inside.c begin: load store */
inline begin()
{
#ifdef BEFORE_START
    entered = !inside || BROKEN == 6;
    if
    :: entered -> inside = true; locked = false
    :: else
    fi
#else
    atomic { inside = true; locked = true; entered = true } /* under the mutex */
#endif
}

/* mirrors fallback/osh_inside.h osh_inside_try: */
inline try_enter()
{
#ifdef BEFORE_START
    begin()
#else
    atomic {
        entered = false;
        if
        :: handler && BROKEN != 4 -> skip
        :: else ->
            DRAIN_STORES(core); /* it is an atomic operation */
            if
            :: mutex == NOBODY -> mutex = core; entered = true
            :: mutex != NOBODY && BROKEN == 4 && mutex == core -> entered = true
            :: else
            fi
        fi
    };
    if
    :: entered -> begin()
    :: else
    fi
#endif
}

/* mirrors fallback/osh_inside.h osh_inside_enter: */
inline enter()
{
#ifdef BEFORE_START
    begin()
#else
    atomic { DRAIN_STORES(core); mutex == NOBODY -> mutex = core };
    begin()
#endif
}

/* newlib at work: two steps, in which nobody else may be */
inline newlib(block, from, to)
{
    atomic { in_newlib++; assert(in_newlib == 1); assert(where[block] == (from)) };
    atomic { in_newlib--; where[block] = to }
}

/* mirrors fallback/osh_fallback.c osh_fallback_drain: store
 * mirrors fallback/osh_deferred.c osh_deferred_take_all: load exchange */
inline drain()
{
    do
    :: atomic { head == 0 -> break }
    :: atomic { head != 0 -> skip };
#if BROKEN == 5 /* taken by a load and a store */
        b = head;
        head = 0;
#else
        atomic { DRAIN_STORES(core); b = head; head = 0 };
#endif
        do
        :: atomic { b == 0 -> break }
        :: atomic { b != 0 -> x = next[b] };
            newlib(b, LIST, NEWLIB);
            atomic { late[b] = false; b = x; x = 0 }
        od
    od
}

/* mirrors fallback/osh_inside.h osh_inside_let_go: store fence
 * mirrors fallback/osh_deferred.c osh_deferred_pending: load */
inline let_go()
{
    with_mutex = locked;
    inside = false;
    if
    :: atomic { with_mutex -> with_mutex = false; unlocking[core] = true };
#if BROKEN != 2 /* no fence: the look may come before the unlock is seen */
        atomic { DRAIN_STORES(core) }
#endif
    :: atomic { !with_mutex -> skip }
    fi;
    atomic { pending = head != 0 && BROKEN != 1 }
}

/* mirrors fallback/osh_fallback.c leave: */
inline leave()
{
    do
    :: drain();
        let_go();
        if
        :: atomic { pending -> pending = false }; try_enter()
        :: atomic { !pending -> entered = false }
        fi;
        if
        :: atomic { entered -> skip }
        :: atomic { !entered -> break }
        fi
    od
}

/* mirrors fallback/osh_deferred.c osh_deferred_push: fetch_add load cas */
inline push()
{
    x = head;
    do
    :: next[mine] = x;
        atomic {
            DRAIN_STORES(core);
            if
            :: head == x ->
                head = mine;
                assert(where[mine] == ME);
                where[mine] = LIST;
                late[mine] = handler && mutex == NOBODY && !inside;
                break
            :: else -> x = head
            fi
        }
    od;
    x = 0
}

/* mirrors fallback/osh_fallback.c free_or_defer: fence_atomic_load */
inline free()
{
    try_enter();
    if
    :: atomic { entered -> entered = false };
        newlib(mine, ME, NEWLIB);
        leave()
    :: atomic { !entered -> skip };
        push();
#if BROKEN != 3 /* no second try */
        try_enter();
        if
        :: atomic { entered -> entered = false }; leave()
        :: atomic { !entered -> skip }
        fi
#endif
    fi
}

/* mirrors fallback/osh_fallback.c osh_fallback_ask: */
inline malloc()
{
    enter();
    if
    :: atomic { entered -> entered = false };
        drain();
        atomic {
            b = 1;
            do
            :: b > BLOCKS -> break
            :: b <= BLOCKS && where[b] == NEWLIB -> break
            :: else -> b++
            od;
            mine = (b > BLOCKS -> 0 : b);
            b = 0
        };
        if
        :: mine != 0 ->
            newlib(mine, NEWLIB, ME);
            if
            :: true
            :: INTERRUPTS > core -> where[mine] = core + 1 + CORES /* for the handler to free */
            fi
        :: else
        fi;
        atomic { mine = 0; b = 0 };
        leave()
    :: atomic { !entered -> skip } /* refused */
    fi
}

/* One of ours. */
inline choose()
{
    mine = 1;
    do
    :: mine > BLOCKS -> mine = 0; break
    :: mine <= BLOCKS && where[mine] == ME -> break
    :: mine <= BLOCKS -> mine++
    od
}

proctype task(byte core) provided (!in_handler[core])
{
    byte mine, b, x;
    bool entered, pending, with_mutex;
    bool handler = false;
    do
    :: atomic { choose(); busy++ };
        if
        :: mine != 0 -> free()
        :: mine == 0 -> malloc()
        fi;
        atomic { mine = 0; DRAIN_STORES(core); at_rest() }
    od
}

/* Runs from beginning to end while its task stands still. */
proctype interrupt(byte core)
{
    byte mine, b, x;
    bool entered, pending, with_mutex;
    bool handler = true;
    do
    :: atomic {
        choose();
        mine != 0 -> in_handler[core] = true;
        busy++
       };
        free();
        atomic { mine = 0; at_rest(); in_handler[core] = false }
    :: atomic { choose(); mine == 0 -> skip }
    od
}

#ifndef BEFORE_START
/* A core's stores reach the others sooner or later. */
proctype stores(byte core)
{
    do
    :: atomic { unlocking[core] -> DRAIN_STORES(core) }
    od
}
#endif

init
{
    atomic {
        byte c = 0;
        do
        :: c == CORES -> break
        :: else ->
            run task(c);
#ifndef BEFORE_START
            run stores(c);
#endif
            if
            :: c < INTERRUPTS -> run interrupt(c)
            :: else
            fi;
            c++
        od
    }
}

#ifdef LIVENESS
/* A deferred block is freed some time, as long as somebody uses the heap. */
ltl freed { [] (where[1] == LIST -> <> (where[1] != LIST)) }
#endif
