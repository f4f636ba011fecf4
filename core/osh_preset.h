/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Presets: sets of tunables for three sizes of machine, included by
 * osh_config.h, which says what each tunable means. -DOSH_PRESET_TINY=1 (or
 * -Dpreset=tiny to meson) chooses one; any single value may still be given.
 *
 *   tiny    32 KiB of RAM, one core: short pages, so that a slab of few objects wastes
 *           little; next to nothing is cached, and no line is shared
 *   small   256 KiB, two cores: the same pages
 *   large   64 MiB, four cores: long pages and runs, so that more sizes are
 *           lock-free and the tables stay short
 *
 * A preset's cores are at most those the SoC has, when the build says how many
 * that are (OSH_SOC_CORES).
 */
#ifndef OSH_PRESET_H
#define OSH_PRESET_H

#if defined(OSH_PRESET_TINY) + defined(OSH_PRESET_SMALL) + defined(OSH_PRESET_LARGE) > 1
#error "one preset at most"
#endif

/* All of them speak of RAM, on a host as well. */
#if defined(OSH_PRESET_TINY) || defined(OSH_PRESET_SMALL) || defined(OSH_PRESET_LARGE)
#ifndef OSH_VIRTUAL
#define OSH_VIRTUAL 0
#endif
#endif

#ifdef OSH_PRESET_TINY
#define OSH_PRESET_NAME "tiny"
#define OSH_PRESET_REGION (32u << 10)
#define OSH_PRESET_CORES 1
#ifndef OSH_CACHELINE
#define OSH_CACHELINE 8
#endif
#ifndef OSH_PAGE_LOG2
#define OSH_PAGE_LOG2 9
#endif
#ifndef OSH_SLAB_MAX
#define OSH_SLAB_MAX 256
#endif
#ifndef OSH_MAGAZINE_BYTES
#define OSH_MAGAZINE_BYTES 128
#endif
#ifndef OSH_MAGAZINE_MAX
#define OSH_MAGAZINE_MAX 7
#endif
#ifndef OSH_MAGAZINE_MIN
#define OSH_MAGAZINE_MIN 1
#endif
#ifndef OSH_CACHED_MAX
#define OSH_CACHED_MAX 128
#endif
#ifndef OSH_TABLE_MAX
#define OSH_TABLE_MAX 128
#endif
#ifndef OSH_DEPOT_SLOTS
#define OSH_DEPOT_SLOTS 0
#endif
#ifndef OSH_SLAB_HINTS
#define OSH_SLAB_HINTS 0
#endif
#ifndef OSH_REFILL_SLABS
#define OSH_REFILL_SLABS 2
#endif
#ifndef OSH_TRIM_BYTES
#define OSH_TRIM_BYTES 2048ul
#endif
#ifndef OSH_CHECK_NAMES
#define OSH_CHECK_NAMES 0
#endif
#endif

#ifdef OSH_PRESET_SMALL
#define OSH_PRESET_NAME "small"
#define OSH_PRESET_REGION (256u << 10)
#define OSH_PRESET_CORES 2
#ifndef OSH_CACHELINE
#define OSH_CACHELINE 32
#endif
#ifndef OSH_PAGE_LOG2
#define OSH_PAGE_LOG2 9
#endif
#ifndef OSH_SLAB_MAX
#define OSH_SLAB_MAX 256
#endif
#ifndef OSH_MAGAZINE_BYTES
#define OSH_MAGAZINE_BYTES 512
#endif
#ifndef OSH_MAGAZINE_MAX
#define OSH_MAGAZINE_MAX 15
#endif
#ifndef OSH_MAGAZINE_MIN
#define OSH_MAGAZINE_MIN 1
#endif
#ifndef OSH_CACHED_MAX
#define OSH_CACHED_MAX 512
#endif
#ifndef OSH_TABLE_MAX
#define OSH_TABLE_MAX 512
#endif
#ifndef OSH_DEPOT_SLOTS
#define OSH_DEPOT_SLOTS 0
#endif
#ifndef OSH_SLAB_HINTS
#define OSH_SLAB_HINTS 0
#endif
#ifndef OSH_TRIM_BYTES
#define OSH_TRIM_BYTES 8192ul
#endif
#ifndef OSH_CHECK_NAMES
#define OSH_CHECK_NAMES 0
#endif
#endif

#ifdef OSH_PRESET_LARGE
#define OSH_PRESET_NAME "large"
#define OSH_PRESET_REGION (64u << 20)
#define OSH_PRESET_CORES 4
#ifndef OSH_PAGE_LOG2
#define OSH_PAGE_LOG2 14
#endif
#ifndef OSH_RUN_LOG2
#define OSH_RUN_LOG2 2
#endif
#ifndef OSH_SLAB_MAX
#define OSH_SLAB_MAX 16384
#endif
#ifndef OSH_SLAB_OBJECTS
#define OSH_SLAB_OBJECTS 4
#endif
#ifndef OSH_TABLE_MAX
#define OSH_TABLE_MAX 1024
#endif
#ifndef OSH_MAGAZINE_BYTES
#define OSH_MAGAZINE_BYTES 4096
#endif
#ifndef OSH_MAGAZINE_MAX
#define OSH_MAGAZINE_MAX 63
#endif
#ifndef OSH_MAGAZINE_MIN
#define OSH_MAGAZINE_MIN 4
#endif
#ifndef OSH_CACHED_MAX
#define OSH_CACHED_MAX 16384
#endif
#ifndef OSH_DEPOT_SLOTS
#define OSH_DEPOT_SLOTS 8
#endif
#ifndef OSH_TRIM_BYTES
#define OSH_TRIM_BYTES 262144ul
#endif
#endif

#ifdef OSH_PRESET_CORES
#ifndef OSH_CORES
#if defined(OSH_SOC_CORES) && OSH_SOC_CORES < OSH_PRESET_CORES
#define OSH_CORES OSH_SOC_CORES
#else
#define OSH_CORES OSH_PRESET_CORES
#endif
#endif
#endif

#endif
