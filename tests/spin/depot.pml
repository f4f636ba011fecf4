/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Depot slots: a magazine goes in by a compare-and-swap of empty with it and comes
 * out by an exchange with empty. PROCS cores put and get for ever, and between the
 * two use up what they got and make other magazines that begin with the same
 * block.
 *
 * -DBROKEN=n leaves one thing out; each must be found. The last is another
 * design, a stack of magazines, and shows what the slots are for.
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#ifndef PROCS
#define PROCS 3
#endif
#ifndef SLOTS
#define SLOTS 2
#endif
#define MAGAZINES (SLOTS + 1) /* 1 ...: one more than fit */

byte slot[SLOTS];
byte holder[MAGAZINES + 1]; /* a process + 1; 0: the depot */

#if BROKEN == 3
byte top;
byte next[MAGAZINES + 1];
#endif

hidden byte x, y, found; /* of sound() */

/* Nothing is lost: what no process holds is in exactly one slot. */
inline sound()
{
#if BROKEN != 3
    x = 1;
    do
    :: x > MAGAZINES -> break
    :: else ->
        y = 0;
        found = 0;
        do
        :: y == SLOTS -> break
        :: else -> found = found + (slot[y] == x); y++
        od;
        assert(found == (holder[x] == 0));
        x++
    od
#else
    skip
#endif
}

/* Wait-free: so many steps of our own, whatever the others do. */
#define STEP steps++; assert(steps <= 2 * SLOTS)

/* mirrors slab/osh_depot.c osh_depot_put: load load load store
 * mirrors slab/osh_depot.c put_at: load cas fence_atomic_load load store raise
 * What follows the compare-and-swap only tells a reclaim whether to look, and is not modelled. Nor are
 * the loads and stores of a part's top, room and refusals: they choose which slots are looked at. */
inline put()
{
    i = 0;
    do
    :: atomic { i == SLOTS || m == 0 -> i = 0; m = 0; steps = 0; break } /* full: to the slabs */
    :: atomic { i < SLOTS && m > 0 -> is_empty = slot[i] == 0; STEP };
        if
        :: atomic {
            is_empty ->
            STEP;
            if
            :: BROKEN == 1 || slot[i] == 0 ->
                slot[i] = m;
                holder[m] = 0;
                sound();
                m = 0
            :: else
            fi
           }
        :: atomic { !is_empty -> skip }
        fi;
        atomic { is_empty = false; i++ }
    od
}

/* mirrors slab/osh_depot.c get_of_part: load load exchange load store
 * The same of the part's top and refusals. */
inline get()
{
    i = SLOTS;
    do
    :: atomic { i == 0 || m > 0 -> i = 0; m = 0; steps = 0; break }
    :: atomic { i > 0 && m == 0 -> i--; is_empty = slot[i] == 0; STEP };
        if
        :: !is_empty ->
#if BROKEN == 2 /* not in one step */
            m = slot[i];
            atomic {
                slot[i] = 0;
#else
            atomic {
                m = slot[i];
                slot[i] = 0;
#endif
                STEP;
                if
                :: m > 0 ->
                    assert(holder[m] == 0);
                    holder[m] = _pid + 1;
                    sound()
                :: else
                fi
            }
        :: atomic { is_empty -> skip }
        fi;
        is_empty = false
    od
}

#if BROKEN == 3 /* a stack of magazines without a tag */
inline push()
{
    i = top;
    do
    :: next[m] = i;
        atomic {
            if
            :: top == i -> top = m; holder[m] = 0; break
            :: else -> i = top
            fi
        }
    od;
    atomic { i = 0; m = 0 }
}

inline pop()
{
    m = top;
    do
    :: atomic { m == 0 -> break }
    :: atomic { m > 0 -> i = next[m] };
        atomic {
            if
            :: top == m -> top = i; assert(holder[m] == 0); holder[m] = _pid + 1; break
            :: else -> m = top
            fi
        }
    od;
    atomic { i = 0; m = 0 }
}
#define put push
#define get pop
#endif

active [PROCS] proctype core()
{
    byte i, m, steps;
    bool is_empty;
    /* The first has them all. */
    atomic {
        if
        :: _pid == 0 ->
            m = 1;
            do
            :: m > MAGAZINES -> break
            :: else -> holder[m] = 1; m++
            od;
            m = 0
        :: else
        fi
    };
    do
    :: atomic {
        /* one of ours; 0 when we have none */
        m = 1;
        do
        :: m > MAGAZINES -> m = 0; break
        :: m <= MAGAZINES && holder[m] == _pid + 1 -> break
        :: m <= MAGAZINES -> m++
        od
       };
        if
        :: m > 0 -> put()
        :: m == 0 -> get()
        fi
    od
}
