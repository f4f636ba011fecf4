/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FreeRTOS's port on two cores without a read-modify-write, such as RP2040: an exchange is a load
 * and a store, masked on its core, and the cores take turns by Peterson's algorithm. On this rest
 * the heap's mutexes: `held` is taken by an exchange and freed by a store of its holder, who does
 * not wait for his turn. On each core there is a task that takes the kernel's mutex first, and
 * another context that has masked interrupts and takes `held` alone. Each may come in between any
 * two steps of the other, unless interrupts are masked. All run for ever.
 *
 * Memory is sequentially consistent, as that of RP2040 is: a Cortex-M0+ makes its accesses one by
 * one in the order of the program and has no store buffer, there is no cache before the RAM, and the
 * fences of the source keep the compiler from another order. So the fence of lock_cores is no
 * step here.
 *
 * -DLIVENESS: no core waits for its turn for ever.
 * -DBROKEN=n leaves one thing out; each must be found.
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#define NOBODY 255

bool wanted[2];
byte turn;
bool held;
byte mutex = NOBODY; /* the kernel's: the task that has it */
byte masked[2] = NOBODY; /* per core: the context that has masked interrupts */

/* What no C code has, to state the properties: */
byte exchanging;       /* contexts between lock_cores and unlock_cores */
byte holder = NOBODY;  /* of the heap's mutex */
bool waits[2];         /* the core has given the turn away and is not in */
byte passed[2];        /* how often the other core went in meanwhile */

#define CORE (_pid % 2)
#define OTHER (1 - CORE)
#define RUNS (masked[_pid % 2] == NOBODY || masked[_pid % 2] == _pid)

inline want()
{
    wanted[CORE] = true
}

inline give_turn_away()
{
    atomic {
        turn = (BROKEN == 2 -> CORE : OTHER);
        waits[CORE] = true;
        passed[CORE] = 0
    }
}

/* mirrors arch/rtos/freertos/osheap_cpu.h osheap_lock_cores: store store atomic_thread_fence load load */
inline lock_cores()
{
#if BROKEN == 1
    give_turn_away();
    want();
#else
    want();
    give_turn_away();
#endif
    do
    :: !wanted[OTHER] -> break
    :: wanted[OTHER] ->
        if
        :: BROKEN != 3 && turn == CORE -> break
        :: BROKEN == 3 || turn != CORE
        fi
    od;
    /* Nobody else is in, and nobody who waits is passed twice. */
    atomic {
        exchanging++;
        assert(exchanging == 1);
        waits[CORE] = false;
        passed[OTHER] = passed[OTHER] + waits[OTHER];
        assert(passed[OTHER] <= 1 || BROKEN == 1 || BROKEN == 4) /* both break exclusion, too */
    }
}

/* mirrors arch/rtos/freertos/osheap_cpu.h osheap_unlock_cores: store */
inline unlock_cores()
{
    d_step {
        exchanging--;
        wanted[CORE] = false
    }
}

/* mirrors arch/rtos/freertos/osheap_cpu.h osheap_swap: mask lock_cores unlock_cores unmask
 * The value is 1, as in both calls. */
inline swap()
{
    d_step {
        before = masked[CORE];
        masked[CORE] = (BROKEN == 4 -> before : _pid)
    }
    lock_cores();
    old = held;
    if
    :: d_step {
        !old || BROKEN == 5 ->
        held = true;
        if
        :: !old ->
            assert(holder == NOBODY);
            holder = _pid
        :: else
        fi;
        assert(held == (holder != NOBODY)) /* else nobody will ever free it */
       }
    :: old && BROKEN != 5
    fi;
    unlock_cores();
    masked[CORE] = before
}

/* mirrors arch/rtos/freertos/osheap_hooks.c os_heap_port_unlock: store */
inline unlock()
{
    d_step {
        assert(holder == _pid && held);
        held = false;
        holder = NOBODY
    }
}

/* mirrors arch/rtos/freertos/osheap_hooks.c os_heap_port_lock: swap */
active [2] proctype task() provided (RUNS)
{
    bool old;
    byte before;
    do
    :: atomic { mutex == NOBODY -> mutex = _pid };
        do
        :: swap();
            if
            :: !old -> break
            :: old
            fi
        od;
        unlock();
        mutex = NOBODY
    od
}

/* mirrors arch/rtos/freertos/osheap_hooks.c os_heap_port_try_lock: swap */
active [2] proctype critical() provided (RUNS)
{
    bool old;
    byte before;
    do
    :: masked[CORE] = _pid;
        swap();
        if
        :: !old -> unlock()
        :: old
        fi;
        masked[CORE] = NOBODY
    od
}

#ifdef LIVENESS
/* A core that waits is in some time; the other core is its mirror image. */
ltl goes_in { [] (waits[0] -> <> (!waits[0])) }
#endif
