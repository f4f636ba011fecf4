/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each class has, as constants named after its number: for tables of all classes, and
 * for what the compiler is to check of every one.
 */
#ifndef OSH_CLASS_FACTS_H
#define OSH_CLASS_FACTS_H

#include "osh_class.h"

/* X of every class number that any configuration can have, with S between. */
/* clang-format off */
#define TEN(X, S, d)                                                      \
    X(d##0) S() X(d##1) S() X(d##2) S() X(d##3) S() X(d##4) S() X(d##5) S() \
    X(d##6) S() X(d##7) S() X(d##8) S() X(d##9)
#define EACH(X, S)                                                        \
    X(1) S() X(2) S() X(3) S() X(4) S() X(5) S() X(6) S() X(7) S() X(8) S() X(9) S() \
    TEN(X, S, 1) S() TEN(X, S, 2) S() TEN(X, S, 3) S() TEN(X, S, 4) S()   \
    TEN(X, S, 5) S() TEN(X, S, 6) S() TEN(X, S, 7) S() TEN(X, S, 8) S()   \
    TEN(X, S, 9) S() TEN(X, S, 10) S() TEN(X, S, 11) S() TEN(X, S, 12)
/* clang-format on */
#define COMMA() ,
#define PLUS() +

/* Evaluated once: the expressions are long. Those of classes above the last do not
 * matter, but must be valid. */
#define EXISTS(c) ((c) <= OSH_CLASS_MAX ? (c) : 1u)
#define BYTES(n) bytes_of_##n = OSH_CLASS_BYTES(EXISTS(n##u))
enum { EACH(BYTES, COMMA) };

/* See OSH_RUN_LOG2. */
#define RUN_BYTES(r) (1 << (OSH_VALUE_PAGE_LOG2 + (r)))
#define RUN_OBJECTS(b, r) (RUN_BYTES(r) / (b))
#define RUN_SUITS(b, r)                                                         \
    (RUN_BYTES(r) - RUN_OBJECTS(b, r) * (b) <= RUN_BYTES(r) / OSH_SLAB_WASTE && \
     (RUN_OBJECTS(b, r) >= OSH_SLAB_OBJECTS || RUN_BYTES(r) >= OSH_VALUE_SLAB_ROOMY))
#define RUN_OR(b, r, longer) ((r) >= OSH_RUN_LOG2 || RUN_SUITS(b, r) ? (r) : (longer))
#define RUN_FOR(b) RUN_OR(b, 0, RUN_OR(b, 1, RUN_OR(b, 2, RUN_OR(b, 3, RUN_OR(b, 4, 5)))))
#define RUN(n) run_of_##n = RUN_FOR(bytes_of_##n)
enum { EACH(RUN, COMMA) };

#endif
