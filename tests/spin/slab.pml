/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slabs: counts reserve, bits deliver. Pages become slabs of either of two
 * classes, are drawn on, filled, kept and released by PROCS cores for ever.
 *
 * A line "mirrors FILE FUNCTION: OPERATIONS" names the C function that a piece of
 * the model stands for and its atomic operations in the order of its text, which
 * run.py compares with the source.
 *
 * A fetch_or, fetch_and, exchange or fetch_add is one step here; in C some of them
 * are a load and a loop of compare-and-swaps, the last of which is that step.
 *
 * An atomic block is one access to a word that others see, and what follows
 * from it in variables of our own. With -DFUSED a load and the compare-and-swap of
 * what it read are one step: the swap succeeds only when nothing has changed
 * since, so this leaves out nothing but tries that fail.
 *
 * -DBROKEN=n leaves one thing out; each must be found.
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#ifndef PROCS
#define PROCS 2
#endif
#ifndef PAGES
#define PAGES 2
#endif
#ifndef CLASSES
#define CLASSES 2 /* 1 ... */
#endif
#ifndef WORDS
#define WORDS 1 /* of bits a slab */
#endif
#ifndef BITS
#define BITS 2 /* a word: 1 or 2 */
#endif
#define OBJECTS (WORDS * BITS)
#define ALL ((1 << BITS) - 1)

#define STATE(cls, free) ((cls) * 4 + (free))
#define CLASS_OF(state) ((state) / 4)
#define FREE_OF(state) ((state) % 4)
#define COUNT(mask) (((mask) & 1) + ((mask) >> 1))
#define MIN(a, b) ((a) < (b) -> (a) : (b))
/* highest(): all of `mask`, or the upper one of its two bits */
#define HIGHEST(mask, count) ((count) == 0 -> 0 : (COUNT(mask) <= (count) -> (mask) : 2))

byte state[PAGES];
byte bits[PAGES * WORDS];
byte map[CLASSES + 1]; /* slabs that may have free objects */
byte kept[CLASSES + 1];
byte page_class[PAGES];
bool claimed[PAGES];

/* What no C code has, to state the properties: */
byte owner[PAGES * WORDS * 2]; /* of each object: a process + 1, 0 when its bit is set */
byte reserved[PAGES];          /* taken off the count, not yet collected */
byte uncounted[PAGES];         /* bits set, not yet added to the count */
byte busy;                     /* processes inside an operation */
#ifdef LIVENESS
bool parity; /* turns with every operation that ends */
#define OPERATION_ENDS busy--; parity = !parity
#else
#define OPERATION_ENDS busy--
#endif

#define OWNER(page, word, bit) owner[((page) * WORDS + (word)) * 2 + (bit)]
#if WORDS == 1
#define BITS_SET(page) COUNT(bits[page])
#else
#define BITS_SET(page) (COUNT(bits[(page) * 2]) + COUNT(bits[(page) * 2 + 1]))
#endif
/* The bits of a reservation are there: whoever collects finds them. */
#define SOUND(page) (BITS_SET(page) == FREE_OF(state[page]) + reserved[page] + uncounted[page])

inline set_owner(p, w, mask, who)
{
    if
    :: (mask) & 1 -> assert(who == 0 || OWNER(p, w, 0) == 0); OWNER(p, w, 0) = who
    :: else
    fi;
    if
    :: (mask) & 2 -> assert(who == 0 || OWNER(p, w, 1) == 0); OWNER(p, w, 1) = who
    :: else
    fi
}

/* mirrors slab/osh_slab_life.c osh_slab_list: fetch_or raise raise
 * The hints need not be right: without them every word of the map is looked at. */
#define LIST(p) map[cls] = map[cls] | (1 << (p))
#define UNLIST(p) map[cls] = map[cls] & ~(1 << (p))

/* mirrors slab/osh_slab_life.c osh_slab_release: cas fetch_and
 * mirrors slab/osh_slab_life.c set_class: store_byte
 * mirrors core/osh_arena.c release: fetch_add fetch_and raise */
inline release(p)
{
#if BROKEN == 4 /* looked at and stored, not compared and swapped */
    atomic { ok = state[p] == STATE(cls, OBJECTS) };
#endif
    atomic {
        if
        :: BROKEN == 4 && ok || BROKEN != 4 && state[p] == STATE(cls, OBJECTS) ->
            state[p] = 0;
            ok = true;
            /* nobody's: no object is out, no reservation open */
            assert(reserved[p] == 0 && uncounted[p] == 0 && BITS_SET(p) == OBJECTS)
        :: else -> ok = false
        fi
    };
    if
    :: atomic { ok -> ok = false; page_class[p] = 0 };
#if BROKEN == 6 /* off the map only when it may be a slab again */
        claimed[p] = false;
        UNLIST(p)
#else
        UNLIST(p);
        claimed[p] = false
#endif
    :: atomic { !ok -> skip }
    fi
}

#define CAN_RESERVE(s) (FREE_OF(s) > 0 && (BROKEN == 1 || CLASS_OF(s) == cls))

/* mirrors slab/osh_slab.c reserve: load cas
 * Returns with `taken`. */
inline reserve()
{
#ifndef FUSED
    atomic { seen = state[page]; retry = CAN_RESERVE(seen) };
    do
    :: atomic { !retry -> seen = 0; break }
    :: atomic {
        retry ->
#else
        atomic {
        seen = state[page]; retry = CAN_RESERVE(seen);
#endif
        if
        :: retry && state[page] == seen ->
            taken = MIN(FREE_OF(seen), count);
            state[page] = seen - taken;
            reserved[page] = reserved[page] + taken;
            assert(SOUND(page));
            assert(CLASS_OF(state[page]) == cls);
            retry = false
        :: else -> seen = state[page]; retry = CAN_RESERVE(seen)
        fi;
#ifndef FUSED
    }
    od
#else
        seen = 0 }
#endif
}

/* mirrors slab/osh_slab.c unlist: fetch_and fence_atomic_load load */
inline unlist()
{
#if BROKEN == 5 /* without the fence the load may come first */
    seen = state[page];
    UNLIST(page);
#else
    UNLIST(page);
#if BROKEN != 3 /* no second look */
    seen = state[page];
#endif
#endif
    if
    :: atomic { CLASS_OF(seen) == cls && FREE_OF(seen) > 0 -> LIST(page); seen = 0 }
    :: atomic { !(CLASS_OF(seen) == cls && FREE_OF(seen) > 0) -> seen = 0 }
    fi
}

/* mirrors slab/osh_slab.c collect: load cas */
inline collect()
{
    do
    :: atomic { taken == 0 -> word = 0; break }
    :: atomic { taken > 0 -> now = bits[page * WORDS + word]; retry = now != 0 };
#ifndef FUSED
        do
        :: atomic { !retry -> now = 0; word = (word + 1) % WORDS; break }
        :: atomic {
            retry ->
#else
        atomic {
            now = bits[page * WORDS + word];
#endif
            if
            :: bits[page * WORDS + word] == now ->
                now = HIGHEST(now, taken);
                bits[page * WORDS + word] = bits[page * WORDS + word] & ~now;
                set_owner(page, word, now, _pid + 1);
                reserved[page] = reserved[page] - COUNT(now);
                assert(SOUND(page));
                assert(CLASS_OF(state[page]) == cls && page_class[page] == cls);
                taken = taken - COUNT(now);
                count = count - COUNT(now);
                retry = false
            :: else -> now = bits[page * WORDS + word]; retry = now != 0
            fi;
#ifndef FUSED
        }
        od
#else
            now = 0; retry = false; word = (word + 1) % WORDS }
#endif
    od
}

/* mirrors slab/osh_slab.c take_from: */
inline take_from()
{
    reserve();
    if
    :: taken < count -> unlist()
    :: else
    fi;
    collect()
}

/* mirrors slab/osh_slab.c draw: load load
 * One word of the map has all pages, and has been read to `snapshot`; cores begin
 * at pages of their own. */
inline draw()
{
    do
    :: atomic { turn == PAGES || count == 0 -> snapshot = 0; turn = 0; page = 0; break }
    :: atomic {
        turn < PAGES && count > 0 ->
        page = (turn + _pid) % PAGES;
        turn++;
        listed = (snapshot >> page) & 1
       };
        if
        :: listed -> listed = false; take_from()
        :: else
        fi
    od
}

/* mirrors slab/osh_slab_life.c osh_slab_create: store_release
 * mirrors slab/osh_slab_life.c fill_bits: store
 * mirrors core/osh_arena.c claim_below: load cas
 * Nobody has a reason to look at the bits of a page that is no slab: filling them
 * is one step. */
inline create()
{
    atomic {
        page = 0;
        do
        :: page == PAGES -> break
        :: page < PAGES && !claimed[page] -> claimed[page] = true; break
        :: else -> page++
        od
    };
    if
    :: page < PAGES ->
        atomic {
            turn = 0;
            do
            :: turn == WORDS -> break
            :: else -> bits[page * WORDS + turn] = ALL; turn++
            od;
            turn = 0
        };
        page_class[page] = cls;
        atomic {
            state[page] = STATE(cls, OBJECTS - count);
            reserved[page] = count;
            assert(SOUND(page))
        };
        atomic { LIST(page); taken = count };
        collect()
    :: else
    fi;
    page = 0
}

/* mirrors slab/osh_slab.c osh_slab_get: load cas */
inline get()
{
    atomic {
        busy++;
        select(cls : 1 .. CLASSES);
        select(count : 1 .. OBJECTS);
        wanted = count;
        snapshot = map[cls]
    };
    draw();
    if
    :: count == wanted -> create()
    :: else
    fi;
    atomic { count = 0; wanted = 0; cls = 0; OPERATION_ENDS; at_rest() }
}

/* mirrors slab/osh_slab.c keep: exchange
 * Classes that are not kept are released at once: less of the same. */
inline keep()
{
    atomic { before = kept[cls]; kept[cls] = page + 1 };
    if
    :: before != 0 && before != page + 1 -> release((before - 1))
    :: else
    fi;
    before = 0
}

/* mirrors slab/osh_slab.c credit: fetch_add fence_atomic_load raise
 * mirrors slab/osh_slab_life.c osh_slab_is_listed: load */
inline credit()
{
    atomic {
        state[page] = state[page] + count;
        now = FREE_OF(state[page]);
#if BROKEN != 2
        uncounted[page] = uncounted[page] - count;
#endif
        assert(SOUND(page))
    };
    if
    :: map[cls] & (1 << page) -> skip
    :: else -> LIST(page)
    fi;
    if
    :: now == OBJECTS -> now = 0; keep()
    :: else -> now = 0
    fi
}

/* mirrors slab/osh_slab.c flush: fetch_or */
inline put_run(w, mask)
{
    if
    :: atomic {
        (mask) != 0 ->
        assert((bits[page * WORDS + (w)] & (mask)) == 0);
        bits[page * WORDS + (w)] = bits[page * WORDS + (w)] | (mask);
        set_owner(page, w, mask, 0);
        uncounted[page] = uncounted[page] + COUNT(mask)
       }
    :: else
    fi
}

#define MINE(page, word, bit) (OWNER(page, word, bit) == _pid + 1)

/* mirrors slab/osh_slab.c osh_slab_put:
 * One page's part of a chain: any of the objects we have there. */
inline put()
{
    atomic {
        select(page : 0 .. PAGES - 1);
        if :: MINE(page, 0, 0) -> mask0 = mask0 | 1 :: true fi;
        if :: BITS > 1 && MINE(page, 0, 1) -> mask0 = mask0 | 2 :: true fi;
#if WORDS > 1
        if :: MINE(page, 1, 0) -> mask1 = mask1 | 1 :: true fi;
        if :: BITS > 1 && MINE(page, 1, 1) -> mask1 = mask1 | 2 :: true fi;
#endif
        busy++;
        count = COUNT(mask0) + COUNT(mask1);
        cls = page_class[page];
        assert(count == 0 || (cls != 0 && cls == CLASS_OF(state[page])))
    };
    if
    :: count > 0 ->
#if BROKEN == 2 /* counted before the bits are set */
        credit();
#endif
        put_run(0, mask0);
#if WORDS > 1
        put_run(1, mask1);
#endif
#if BROKEN != 2
        credit()
#endif
    :: else
    fi;
    atomic { page = 0; count = 0; mask0 = 0; mask1 = 0; cls = 0; OPERATION_ENDS; at_rest() }
}

/* mirrors slab/osh_slab_life.c osh_slab_release_kept: load exchange */
inline release_kept()
{
    atomic { busy++; select(cls : 1 .. CLASSES); before = kept[cls]; kept[cls] = 0 };
    if
    :: before != 0 -> release((before - 1))
    :: else
    fi;
    atomic { before = 0; cls = 0; OPERATION_ENDS; at_rest() }
}

/* With everybody out, a slab that has free objects is on the map, and one that is
 * all free is the one its class keeps. */
inline at_rest()
{
    if
    :: busy == 0 ->
        turn = 0;
        do
        :: turn == PAGES -> break
        :: else ->
            assert(state[turn] == 0 || FREE_OF(state[turn]) == 0 ||
                   (map[CLASS_OF(state[turn])] & (1 << turn)));
            assert(state[turn] == 0 || FREE_OF(state[turn]) < OBJECTS ||
                   kept[CLASS_OF(state[turn])] == turn + 1);
            assert(claimed[turn] == (state[turn] != 0));
            turn++
        od;
        turn = 0
    :: else
    fi
}

active [PROCS] proctype core()
{
    byte cls, count, wanted, taken, page, word, turn, seen, now, before, snapshot;
    byte mask0, mask1;
    bool ok, retry, listed;
    do
    :: get()
    :: put()
    :: release_kept()
    od
}

#ifdef LIVENESS
/* Lock-free: in no execution, however unfair, do operations stop ending. */
ltl lock_free { ([]<> parity) && ([]<> !parity) }
#endif
