/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stop of a core's list that goes on being used, on Linux: exchange it for
 * "stopped", fence the core, look again. Then the list goes on. THREADS threads pop, push and exchange in
 * restartable sequences on CPUS processors, between which the kernel moves them
 * at any step; a sequence that is interrupted begins again. One more thread, on a
 * processor of its own, reclaims.
 *
 * -DBROKEN=n leaves one thing out; each must be found.
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#ifndef THREADS
#define THREADS 2
#endif
#ifndef CPUS
#define CPUS 1
#endif
#ifndef BLOCKS
#define BLOCKS 2
#endif
#ifndef LIMIT
#define LIMIT 2
#endif

/* A list: the first block and the room after it. (0, LIMIT) is empty, 0 stopped. */
#define WORD(block, room) ((block) * 4 + (room))
#define BLOCK_OF(word) ((word) / 4)
#define ROOM_OF(word) ((word) % 4)
#define EMPTY WORD(0, LIMIT)
#define GARBAGE 255 /* what a user leaves in his block */

byte list[CPUS];
byte link[BLOCKS + 1];  /* first word of each block; blocks are 1 ... */
byte cpu[THREADS];      /* where each runs; CPUS: nowhere */
bool within[THREADS];   /* from the naming of the sequence to its commit */
bool restart[THREADS];  /* the kernel sends it to its abort entry */
byte here[THREADS], word[THREADS], block[THREADS]; /* its registers, void when it restarts */

/* What no C code has, to state the properties: */
#define LISTED(c) (100 + (c))
#define TAKEN 200 /* by the reclaimer, before it looked again */
byte where[BLOCKS + 1]; /* 0: nobody's; a thread + 1; a list */
hidden byte y, n;

/* The blocks that `word` leads to are those of list c, in its number. */
inline sound(c)
{
    y = BLOCK_OF(list[c]);
    n = 0;
    do
    :: y == 0 -> break
    :: else ->
        assert(where[y] == LISTED(c));
        n++;
        assert(n <= LIMIT);
        y = BLOCK_OF(link[y])
    od;
    assert(list[c] == 0 || ROOM_OF(list[c]) == LIMIT - n)
}

/* All blocks of a chain change hands; `freed`: and their users write in them. */
inline hand_over(chain, allowed, to, freed)
{
    y = BLOCK_OF(chain);
    do
    :: y == 0 -> break
    :: else ->
        assert(allowed);
        where[y] = to;
        n = BLOCK_OF(link[y]);
        if
        :: freed -> link[y] = GARBAGE
        :: else
        fi;
        y = n
    od
}

/* A commit voids what the reclaimer took and has not looked at again. */
#define OURS (where[y] == LISTED(here[me]) || where[y] == TAKEN)

#define ABORT(t, aborts)                              \
    if                                                \
    :: within[t] && (aborts) ->                       \
        restart[t] = true;                            \
        here[t] = 0; word[t] = 0; block[t] = 0        \
    :: else                                           \
    fi

/* The kernel: to another processor, or off; what was in a sequence restarts. */
proctype scheduler(byte thread)
{
    byte to;
    do
    :: atomic {
        select(to : 0 .. CPUS);
        (to != cpu[thread] && (THREADS < 2 || to == CPUS || cpu[1 - thread] != to)) ->
        cpu[thread] = to;
        ABORT(thread, BROKEN != 3);
        to = 0
       }
    od
}

#define FIND here[me] = cpu[me]; within[me] = true /* the number is read inside the sequence */
#define COMMIT within[me] = false

/* mirrors arch/linux/x86_64/osh_rseq_cpu.h osh_rseq_pop: */
inline pop()
{
    do
    :: {
        atomic { FIND };
        atomic { word[me] = list[here[me]]; block[me] = BLOCK_OF(word[me]) };
        if
        :: atomic { block[me] == 0 -> COMMIT }
        :: atomic { block[me] != 0 -> word[me] = link[block[me]] };
            atomic {
                assert(word[me] != GARBAGE);
                assert(where[block[me]] == LISTED(here[me]) || where[block[me]] == TAKEN);
                list[here[me]] = word[me];
                COMMIT;
                where[block[me]] = me + 1;
                hand_over(word[me], OURS, LISTED(here[me]), false);
                sound(here[me]);
                link[block[me]] = GARBAGE
            }
        fi;
        break
    } unless { atomic { restart[me] -> restart[me] = false; within[me] = false } }
    od
}

/* mirrors arch/linux/x86_64/osh_rseq_cpu.h osh_rseq_push: */
inline push()
{
    do
    :: {
        atomic { FIND };
        word[me] = list[here[me]];
        link[mine] = word[me];
        if
        :: atomic { ROOM_OF(word[me]) == 0 -> COMMIT; link[mine] = GARBAGE }
        :: atomic {
            ROOM_OF(word[me]) != 0 ->
            list[here[me]] = WORD(mine, ROOM_OF(word[me]) - 1);
            COMMIT;
            where[mine] = LISTED(here[me]);
            hand_over(word[me], OURS, LISTED(here[me]), false);
            sound(here[me])
           }
        fi;
        break
    } unless { atomic { restart[me] -> restart[me] = false; within[me] = false } }
    od
}

/* mirrors arch/linux/x86_64/osh_rseq_cpu.h osh_rseq_exchange:
 * Here always for the empty list; the old chain is ours and done with. */
inline exchange()
{
    do
    :: {
        atomic { FIND };
        word[me] = list[here[me]];
        if
        :: atomic { word[me] == 0 -> COMMIT }
        :: atomic {
            word[me] != 0 ->
            list[here[me]] = EMPTY;
            COMMIT;
            hand_over(word[me], OURS, 0, true);
            sound(here[me])
           }
        fi;
        break
    } unless { atomic { restart[me] -> restart[me] = false; within[me] = false } }
    od
}

proctype thread(byte me) provided (cpu[me] < CPUS)
{
    byte mine;
    do
    :: atomic {
        mine = 1;
        do
        :: mine > BLOCKS -> mine = 0; break
        :: mine <= BLOCKS && (where[mine] == 0 || where[mine] == me + 1) ->
            where[mine] = me + 1;
            break
        :: mine <= BLOCKS -> mine++
        od
       };
        if
        :: pop()
        :: mine != 0 -> push()
        :: exchange()
        fi;
        atomic { here[me] = 0; word[me] = 0; block[me] = 0; mine = 0 }
    od
}

/* mirrors arch/linux/osh_rseq.c fence_core: */
inline fence_core()
{
#if BROKEN != 1
    atomic {
        x = 0;
        do
        :: x == THREADS -> break
        :: else ->
            ABORT(x, cpu[x] == c);
            x++
        od;
        x = 0
    }
#else
    skip
#endif
}

/* The chain is the reclaimer's. */
inline hand_over_taken()
{
    atomic { hand_over(taken, where[y] == TAKEN, 0, true) }
}

/* mirrors arch/linux/osh_rseq.c osh_rseq_stop: load exchange load_acquire exchange
 * mirrors arch/linux/osh_rseq.c osh_rseq_go_on: load cas
 * One list of one core at a time; in C the fences of all lists are one. */
proctype reclaimer()
{
    byte c, taken, x;
    do
    :: atomic { select(c : 0 .. CPUS - 1); x = list[c] };
        if
        :: atomic { x == 0 -> skip }
        :: x != 0 ->
            atomic { x = 0; taken = list[c]; list[c] = 0; hand_over(taken, where[y] == LISTED(c), TAKEN, false) };
            do
            :: fence_core();
                if
#if BROKEN == 2 /* no second look */
                :: false
#else
                :: list[c] != 0 ->
                    /* stops it again */
                    atomic { taken = list[c]; list[c] = 0; hand_over(taken, where[y] == LISTED(c), TAKEN, false) }
#endif
                :: list[c] == 0 || BROKEN == 2 -> break
                fi
            od;
            hand_over_taken();
            atomic { assert(list[c] == 0); list[c] = EMPTY }
        fi;
        atomic { taken = 0; c = 0; x = 0 }
    od
}

init
{
    atomic {
        byte i = 0;
        do
        :: i == CPUS -> break
        :: else -> list[i] = EMPTY; i++
        od;
        i = 0;
        do
        :: i == THREADS -> break
        :: else -> cpu[i] = (i < CPUS -> i : CPUS); run thread(i); run scheduler(i); i++
        od;
        run reclaimer()
    }
}
