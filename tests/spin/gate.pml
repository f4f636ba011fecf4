/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate of Armv6-M with several cores: one core pops and pushes on its list, with interrupts
 * masked, so in one piece as that core sees it. Another core takes the list for ever. There is no
 * atomic operation; what the two have is loads, stores and barriers.
 *
 * A store goes into its core's buffer, and from there to memory at any later step. Stores to
 * different words may arrive in any order, which Armv6-M allows. A core sees its own stores. A barrier
 * waits until the core's buffer is empty.
 *
 * -DBROKEN=n leaves one thing out; each must be found.
 */
#ifndef BROKEN
#define BROKEN 0
#endif

#define OWNER 0
#define RECLAIM 1
#define INSIDE 0 /* words: is the core inside an operation? */
#define LISTS 1  /* 1: osh_stopped, 0: the core's own */
#define LIST 2   /* the list: a bit for each block in it; STOPPED */
#define WORDS 3
#define STOPPED 4
#define ALL 3 /* two blocks */

byte memory[WORDS];
byte buffered[2 * WORDS];
bool waits[2 * WORDS];

byte used;         /* blocks that the owner's program has */
byte slab = ALL;   /* blocks in slabs */
bool in_operation; /* the owner is between two operations if not */

#define AT(core, word) ((core)*WORDS + (word))
#define SEES(core, word) (waits[AT(core, word)] -> buffered[AT(core, word)] : memory[word])
#define EMPTY(core) (!waits[AT(core, 0)] && !waits[AT(core, 1)] && !waits[AT(core, 2)])

inline write(core, word, value)
{
    atomic {
        !waits[AT(core, word)] -> /* two stores to one word arrive in order */
        waits[AT(core, word)] = true;
        buffered[AT(core, word)] = value
    }
}

inline barrier(core)
{
    EMPTY(core)
}

/* mirrors arch/armv6m/osh_cpu_cores.h osh_gate_enter: gate_write cpu_barrier */
inline enter()
{
#if BROKEN == 6
    lists = SEES(OWNER, LISTS);
#endif
    write(OWNER, INSIDE, 1);
#if BROKEN != 1
    barrier(OWNER);
#endif
#if BROKEN != 6
    lists = SEES(OWNER, LISTS);
#endif
}

/* mirrors arch/armv6m/osh_cpu_cores.h osh_gate_leave: cpu_barrier gate_write */
inline leave()
{
#if BROKEN != 2
    barrier(OWNER);
#endif
    write(OWNER, INSIDE, 0)
}

/* mirrors arch/armv6m/osh_cpu_cores.h osh_cpu_pop: cpu_mask gate_enter gate_leave cpu_unmask gate_leave
 * mirrors arch/armv6m/osh_cpu_cores.h osh_cpu_push: cpu_mask gate_enter gate_leave cpu_unmask gate_leave cpu_unmask gate_leave */
proctype owner()
{
    byte lists, word, block;
    do
    :: in_operation = true;
       enter();
       word = (lists == 0 -> SEES(OWNER, LIST) : STOPPED);
       if
       :: word == STOPPED
       :: word != STOPPED && word != 0 -> /* pop */
          block = (word & 1 -> 1 : 2);
          write(OWNER, LIST, word & ~block);
          d_step {
              assert((used & block) == 0 && (slab & block) == 0);
              used = used | block
          }
       :: word != STOPPED && used != 0 -> /* push */
          block = (used & 1 -> 1 : 2);
          used = used & ~block;
          write(OWNER, LIST, word | block)
       :: word == 0
       fi;
       leave();
       in_operation = false
    :: atomic { slab != 0 -> /* a miss: from slabs */
           block = (slab & 1 -> 1 : 2);
           slab = slab & ~block;
           used = used | block
       }
    od
}

/* Nothing is lost or doubled, when neither core is in the middle and all stores have arrived. */
inline sound()
{
    d_step {
        if
        :: !in_operation && EMPTY(OWNER) && EMPTY(RECLAIM) ->
           assert((used & slab) == 0);
           assert(memory[LIST] == STOPPED || (memory[LIST] & (used | slab)) == 0);
           assert((used | slab | (memory[LIST] == STOPPED -> 0 : memory[LIST])) == ALL)
        :: else
        fi
    }
}

/* mirrors arch/armv6m/osh_cpu_cores.h osh_cpu_hold: gate_write cpu_barrier load cpu_barrier
 * mirrors arch/armv6m/osh_cpu_cores.h osh_cpu_let_go: cpu_barrier gate_write
 * What osh_arch_stop and osh_arch_go_on do between and behind them is here too. */
proctype reclaim()
{
    byte taken;
    do
    :: sound();
#if BROKEN == 7
       SEES(RECLAIM, INSIDE) == 0;
#endif
       write(RECLAIM, LISTS, 1);
#if BROKEN != 3
       barrier(RECLAIM);
#endif
#if BROKEN != 4 && BROKEN != 7
       SEES(RECLAIM, INSIDE) == 0;
#endif
       barrier(RECLAIM);
       taken = SEES(RECLAIM, LIST);
       write(RECLAIM, LIST, STOPPED);
       d_step {
           if
           :: taken != STOPPED ->
              assert((taken & used) == 0 && (taken & slab) == 0);
              slab = slab | taken
           :: else
           fi
       }
#if BROKEN != 5
       barrier(RECLAIM);
#endif
       write(RECLAIM, LISTS, 0);
       write(RECLAIM, LIST, 0); /* goes on: empty */
       barrier(RECLAIM)
    od
}

/* Stores arrive. */
proctype arrive()
{
    byte at;
    do
    :: atomic {
           select(at : 0..5);
           if
           :: waits[at] ->
              memory[at % WORDS] = buffered[at];
              waits[at] = false
           :: else
           fi
       }
    od
}

init
{
    atomic {
        run owner();
        run reclaim();
        run arrive()
    }
}
