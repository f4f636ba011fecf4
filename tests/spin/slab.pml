/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slabs: a bit is an object. Pages become slabs of either of two classes, are drawn on,
 * filled and given up by PROCS cores for ever.
 *
 * A line "mirrors FILE FUNCTION: OPERATIONS" names the C function that a piece of
 * the model stands for and its atomic operations in the order of its text, which
 * run.py compares with the source.
 *
 * A fetch_or, fetch_and, exchange or fetch_add is one step here; in C some of them
 * are a load and a loop of compare-and-swaps, the last of which is that step. So is a load and
 * the compare-and-swap of what it read: that succeeds only when nothing has changed since, so
 * this leaves out nothing but tries that fail.
 *
 * An atomic block is one access to a word that others see, and what follows
 * from it in variables of our own.
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
#define ALL ((1 << BITS) - 1)
#define OBJECTS (WORDS * BITS)

/* A slab of class 2 has one object less, where that leaves some in its last word. */
#define FULL(c, w) (((c) == 2 && (w) == WORDS - 1) -> 1 : ALL)
#define COUNT(mask) (((mask) & 1) + ((mask) >> 1))
/* highest(): all of `mask`, or the upper one of its two bits */
#define HIGHEST(mask, n) ((n) == 0 -> 0 : (COUNT(mask) <= (n) -> (mask) : 2))

byte bits[PAGES * WORDS];
byte map[CLASSES + 1]; /* slabs that may have free objects */
byte page_class[PAGES];
bool claimed[PAGES];

/* What no C code has, to state the properties: */
byte owner[PAGES * WORDS * 2]; /* of each object: a process + 1, 0 when its bit is set */
byte busy;                     /* processes inside an operation */
#ifdef LIVENESS
bool parity; /* turns with every operation that ends */
#define OPERATION_ENDS busy--; parity = !parity
#else
#define OPERATION_ENDS busy--
#endif

#define ME (_pid + 1)
#define WORD(p, w) bits[(p) * WORDS + (w)]
#define OWNER(p, w, bit) owner[((p) * WORDS + (w)) * 2 + (bit)]
#define IS_MINE(p, w, mask) \
    ((!((mask) & 1) || OWNER(p, w, 0) == ME) && (!((mask) & 2) || OWNER(p, w, 1) == ME))

inline set_owner(p, w, mask, who)
{
    if
    :: (mask) & 1 -> OWNER(p, w, 0) = who
    :: else
    fi;
    if
    :: (mask) & 2 -> OWNER(p, w, 1) = who
    :: else
    fi
}

/* Clears bits that are set: their objects are ours. */
inline own(p, w, mask)
{
    WORD(p, w) = WORD(p, w) & ~(mask);
    assert(!((mask) & 1) || OWNER(p, w, 0) == 0);
    assert(!((mask) & 2) || OWNER(p, w, 1) == 0);
    set_owner(p, w, mask, ME)
}

/* mirrors slab/osh_slab_life.c osh_slab_list: fetch_or raise raise
 * The hints need not be right: without them every word of the map is looked at. */
#define LIST(p, c) map[c] = map[c] | (1 << (p))
#define UNLIST(p, c) map[c] = map[c] & ~(1 << (p))

/* mirrors slab/osh_slab_life.c osh_slab_set_bits: fetch_or fence_atomic_load fence_atomic_load raise
 * mirrors slab/osh_slab_table.h osh_slab_is_listed: load */
inline set_bits(p, c, w, mask)
{
    atomic {
        assert(IS_MINE(p, w, mask));
        WORD(p, w) = WORD(p, w) | (mask);
        set_owner(p, w, mask, 0);
        assert(c != 0 && page_class[p] == c)
    };
    if
    :: map[c] & (1 << (p)) -> skip
    :: else -> LIST(p, c)
    fi
}

/* mirrors slab/osh_slab_life.c looks_empty: load
 * Ends with `at` 0 if it does. */
inline look()
{
    at = WORDS;
    do
    :: atomic { at == 0 -> break }
    :: atomic { at > 0 && WORD(held, at - 1) == FULL(as, at - 1) -> at-- }
    :: atomic { at > 0 && WORD(held, at - 1) != FULL(as, at - 1) -> break }
    od
}

/* mirrors slab/osh_slab_life.c osh_slab_release:
 * mirrors slab/osh_slab_life.c take_word: cas
 * mirrors slab/osh_slab_life.c give_up: fetch_and
 * mirrors slab/osh_slab_life.c osh_slab_set_class: store_byte
 * mirrors core/arena/osh_claims.h osh_claims_release: fetch_add fetch_and raise fence_atomic_load
 * Of page `held` as a slab of class `as`. */
inline release()
{
    do
    :: atomic { as == 0 -> break }
    :: as != 0 ->
        look();
        if
        :: atomic { at > 0 -> at = 0; break }
        :: atomic { at == 0 -> skip }
        fi;
#if BROKEN == 4 /* looked at and stored, not compared and swapped */
        ok = WORD(held, 0) == FULL(as, 0);
#endif
        atomic {
            if
            :: BROKEN == 4 && ok || BROKEN != 4 && WORD(held, 0) == FULL(as, 0) ->
                own(held, 0, FULL(as, 0));
                taken = 1
            :: else -> taken = 0
            fi
        };
        if
        :: atomic { taken == 0 -> break }
        :: atomic { taken > 0 -> seen = page_class[held] }
        fi;
        if
        :: atomic { seen != as && BROKEN != 7 -> now = FULL(as, 0); as = seen; taken = 0 };
            set_bits(held, as, 0, now);
            now = 0
        :: atomic { seen == as || BROKEN == 7 -> skip };
            do
            :: atomic { taken == WORDS -> break }
            :: atomic {
                taken < WORDS ->
                if
                :: WORD(held, taken) == FULL(as, taken) ->
                    own(held, taken, FULL(as, taken));
                    taken++
                :: else -> break
                fi
               }
            od;
            if
            :: atomic {
                taken == WORDS ->
                taken = 0;
                /* nobody's: no object of it is out */
                assert(page_class[held] == as);
                at = 0;
                do
                :: at == WORDS -> break
                :: else ->
                    assert(WORD(held, at) == 0 && IS_MINE(held, at, FULL(as, at)));
                    set_owner(held, at, FULL(as, at), 0);
                    at++
                od;
                at = 0;
                page_class[held] = 0
               };
#if BROKEN == 6 /* off the map only when it may be a slab again */
                claimed[held] = false;
                UNLIST(held, as);
#else
                UNLIST(held, as);
                claimed[held] = false;
#endif
                break
            :: atomic { taken < WORDS -> skip };
                do
                :: atomic { taken == 0 -> break }
                :: atomic { taken > 0 -> taken-- };
                    set_bits(held, as, taken, FULL(as, taken))
                od
#if BROKEN == 2 /* and nobody looks again */
                ;
                break
#endif
            fi
        fi
    od;
    atomic { held = 0; as = 0; seen = 0; ok = false }
}

/* mirrors slab/osh_slab_table.h osh_slab_give_bits:
 * Here a release is tried whether or not the word was the last: it looks for itself. */
inline give_bits(p, c, w, mask)
{
    set_bits(p, c, w, mask);
    atomic { held = p; as = c; now = 0 };
    release()
}

/* mirrors slab/osh_slab.c unlist: fetch_add fetch_and fence_atomic_load fetch_add
 * mirrors slab/osh_slab_table.h osh_slab_class:
 * mirrors slab/osh_slab_table.h osh_slab_has_free: load
 * The words are looked at one after the other; any of them tells. The counts before and after are
 * for who searches the maps, whom the explorer has (null-unlist). */
inline unlist()
{
#if BROKEN == 5 /* without the fence the loads may come first */
    look_again();
    UNLIST(page, cls);
#else
    UNLIST(page, cls);
#if BROKEN != 3 /* no second look */
    look_again();
#endif
#endif
    if
    :: atomic { seen == cls && now != 0 -> LIST(page, cls) }
    :: atomic { !(seen == cls && now != 0) -> skip }
    fi;
    atomic { seen = 0; now = 0 }
}

inline look_again()
{
    atomic { seen = page_class[page]; at = 0 };
    do
    :: atomic { at == WORDS -> at = 0; break }
    :: atomic { at < WORDS -> now = now | WORD(page, at); at++ }
    od
}

/* mirrors slab/osh_slab.c take_from: load cas
 * mirrors slab/osh_slab.c give_back: */
inline take_from()
{
    word = WORDS;
    do
    :: atomic { word == 0 || (count == 0 && left != 0) -> word = 0; break }
    :: atomic {
        !(word == 0 || (count == 0 && left != 0)) ->
        word--;
        mine = HIGHEST(WORD(page, word), count);
        if
        :: mine != 0 -> own(page, word, mine)
        :: else
        fi;
        left = left | WORD(page, word)
       };
        if
        :: atomic { mine != 0 -> seen = page_class[page]; now = mine; mine = 0 };
            if
            :: atomic { seen != cls && BROKEN != 1 -> left = 1 }; /* and not off the map */
                give_bits(page, seen, word, now);
                atomic { word = 0; now = 0; seen = 0; break }
            :: atomic {
                seen == cls || BROKEN == 1 ->
                assert(page_class[page] == cls);
                count = count - COUNT(now);
                now = 0;
                seen = 0
               }
            fi
        :: atomic { mine == 0 -> skip }
        fi
    od;
    if
    :: atomic { left == 0 -> skip };
        unlist()
    :: atomic { left != 0 -> left = 0 }
    fi
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

/* mirrors slab/osh_slab.c create: store_release
 * mirrors core/arena/osh_arena.c claim_below: load cas */
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
        page_class[page] = cls;
        word = WORDS;
        do
        :: atomic { word == 0 -> break }
        :: atomic { word > 0 -> word--; assert(WORD(page, word) == 0); WORD(page, word) = FULL(cls, word) }
        od;
        LIST(page, cls);
        take_from()
    :: else
    fi;
    page = 0
}

/* mirrors slab/osh_slab.c osh_slab_get:
 * A slab whose objects others take meanwhile is not made once more. */
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

/* mirrors slab/osh_slab_put.c osh_slab_put_one:
 * mirrors slab/osh_slab_put.c osh_slab_put:
 * Any of the objects that we have. */
inline put()
{
    atomic {
        busy++;
        select(page : 0 .. PAGES - 1);
        select(word : 0 .. WORDS - 1);
        if :: OWNER(page, word, 0) == ME -> now = 1 :: true fi;
        if :: now == 0 && BITS > 1 && OWNER(page, word, 1) == ME -> now = 2 :: true fi;
        cls = page_class[page];
        assert(now == 0 || cls != 0);
        mine = now;
        now = 0
    };
    if
    :: mine != 0 -> give_bits(page, cls, word, mine)
    :: else
    fi;
    atomic { page = 0; word = 0; mine = 0; cls = 0; OPERATION_ENDS; at_rest() }
}

/* With everybody out, a slab that has free objects is on the map, and none is empty. */
inline at_rest()
{
    if
    :: busy == 0 ->
        turn = 0;
        do
        :: turn == PAGES -> break
        :: else ->
            assert(claimed[turn] == (page_class[turn] != 0));
            at = 0;
            listed = true;
            do
            :: at == WORDS -> break
            :: else ->
                assert(WORD(turn, at) == 0 ||
                       (page_class[turn] != 0 && (map[page_class[turn]] & (1 << turn))));
                listed = listed && page_class[turn] != 0 &&
                         WORD(turn, at) == FULL(page_class[turn], at);
                at++
            od;
            at = 0;
            assert(!listed);
            listed = false;
            turn++
        od;
        turn = 0
    :: else
    fi
}

active [PROCS] proctype core()
{
    byte cls, count, wanted, taken, page, word, turn, seen, now, mine, left, snapshot;
    byte held, as, at;
    bool ok, listed;
    do
    :: get()
    :: put()
    od
}

#ifdef LIVENESS
/* Lock-free: in no execution, however unfair, do operations stop ending. */
ltl lock_free { ([]<> parity) && ([]<> !parity) }
#endif
