#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# FreeRTOS: the port compiles for every CPU and says what a configuration lacks; its page leads to
# an image that runs; its contract and the heap's suites hold in images.
#
# usage: check.sh BUILD-ROOT [--long]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
port=$top/arch/rtos/freertos
root=$1
boards='an521 rv32imc'
tests=contract,holder,late,regions,functional,storm,exhaustion,deferred,critical
[ "${2:-}" != --long ] || boards='an521 m4 m0 m23 rv32imc rv64imc'

warnings='-Wall -Wextra -Werror -Wconversion -Wshadow -Wstrict-prototypes'
compile() { # COMPILER FLAGS CONFIGURATION: what the compiler says
    local config=$root/rtos/freertos-config
    mkdir -p "$config"
    printf '%s\n' "$3" >"$config/FreeRTOSConfig.h"
    for file in heap_osheap osheap_hooks; do
        # shellcheck disable=SC2086
        $1 $2 -std=c11 -O2 $warnings -I"$config" -I"$here/kernel" -I"$port" -I"$top/core/include" \
            -I"$top/arch/firmware/include" -c "$port/$file.c" -o "$config/port.o" 2>&1 || return 1
    done
}
config='#define configUSE_MUTEXES 1
#define configSUPPORT_STATIC_ALLOCATION 1
#define INCLUDE_xTaskGetSchedulerState 1
#define configTOTAL_HEAP_SIZE ((size_t)(64 * 1024))'
more='#define configNUMBER_OF_CORES 2
#define INCLUDE_xTaskGetIdleTaskHandle 1
#define INCLUDE_xSemaphoreGetMutexHolder 1
#define configUSE_MALLOC_FAILED_HOOK 1
#define configHEAP_CLEAR_MEMORY_ON_FREE 1
#define configENABLE_HEAP_PROTECTOR 1
#define configAPPLICATION_ALLOCATED_HEAP 1
#define portGET_CRITICAL_NESTING_COUNT(core) ((UBaseType_t)(core))
void assert_failed(const char *what);
#define configASSERT(x) ((x) ? (void)0 : assert_failed(#x))'
arm=arm-none-eabi-gcc
newlib='-idirafter /usr/include/newlib'
isr='#define configISR_STACK_SIZE_WORDS 256'
compiled=0
while IFS='|' read -r compiler flags extra; do
    for variant in "$config" "$config"$'\n'"$more" "${config%$'\n'*}"; do
        [[ $compiler != *riscv* || $variant != *CORES* ]] || continue
        said=$(compile "$compiler" "$flags" "$variant"$'\n'"$extra") ||
            { echo "$compiler $flags: $said"; exit 1; }
        compiled=$((compiled + 1))
    done
done <<EOT
$arm|-mcpu=cortex-m0 -mthumb|
clang --target=arm-none-eabi|-mcpu=cortex-m0 -mthumb -ffreestanding $newlib|
clang --target=arm-none-eabi|-mcpu=cortex-m33 -mthumb -ffreestanding $newlib|
clang --target=riscv32-unknown-elf|-march=rv32imac -ffreestanding $newlib|$isr
$arm|-mcpu=cortex-m23 -mthumb|
$arm|-mcpu=cortex-m4 -mthumb|
$arm|-mcpu=cortex-m33 -mthumb|
$arm|-mcpu=cortex-a9|
$arm|-mcpu=cortex-r5|
aarch64-linux-gnu-gcc|-ffreestanding -mno-outline-atomics|
aarch64-linux-gnu-gcc|-ffreestanding -mno-outline-atomics|#define TEST_GICV3 1
riscv64-unknown-elf-gcc|-march=rv32imac_zicsr -mabi=ilp32 -ffreestanding $newlib|$isr
riscv64-unknown-elf-gcc|-march=rv32imc_zicsr -mabi=ilp32 -ffreestanding $newlib|$isr
riscv64-unknown-elf-gcc|-march=rv64imac_zicsr -mabi=lp64 -mcmodel=medany -ffreestanding $newlib|$isr
EOT
# Kernels before 11.2 name no core in the macro.
without_core=${more/'(core) ((UBaseType_t)(core))'/'() portGET_CORE_ID()'}
said=$(compile "$arm" -mcpu=cortex-a9 "$config"$'\n'"$without_core
#define tskKERNEL_VERSION_MAJOR 11
#define tskKERNEL_VERSION_MINOR 1") || { echo "two cores of Cortex-A9, kernel 11.1: $said"; exit 1; }
compiled=$((compiled + 1))
# RP2040: the kernel has two of the chip's spinlocks, and the heap's must be another.
kernels='#define configSMP_SPINLOCK_0 14
#define configSMP_SPINLOCK_1 15
void spin_lock_claim(unsigned number);'
for number in 31 15 ''; do
    if said=$(compile "$arm" '-mcpu=cortex-m0plus -mthumb' "$config"$'\n'"$more"$'\n'"$kernels
${number:+#define OSH_RP2040_SPINLOCK $number}"); then
        [ "$number" = 31 ] || { echo "RP2040 with the heap's spinlock '$number': compiles"; exit 1; }
    elif [ "$number" = 31 ] || [[ $said != *"OSH_RP2040_SPINLOCK"*"not one of the kernel's"* ]]; then
        echo "RP2040 with the heap's spinlock '$number': $said"
        exit 1
    fi
done
compiled=$((compiled + 1))
# RISC-V with two cores: such a port of the kernel has stacks of its own, and a macro that knows a handler.
in_isr='#define portCHECK_IF_IN_ISR() ((BaseType_t)0)'
said=$(compile riscv64-unknown-elf-gcc "-march=rv32imac_zicsr -mabi=ilp32 -ffreestanding $newlib" \
    "$config"$'\n'"$more"$'\n'"$in_isr") || { echo "RISC-V, two cores: $said"; exit 1; }
! arm-none-eabi-nm "$root/rtos/freertos-config/port.o" | grep xISRStackTop >/dev/null ||
    { echo "RISC-V with portCHECK_IF_IN_ISR: xISRStackTop is asked for"; exit 1; }
compiled=$((compiled + 1))
for need in configUSE_MUTEXES configSUPPORT_STATIC_ALLOCATION INCLUDE_xTaskGetSchedulerState; do
    if said=$(compile "$arm" '-mcpu=cortex-m4 -mthumb' "$(grep -v "$need" <<<"$config")") ||
        [[ $said != *"set $need to 1"* ]]; then
        echo "without $need: no sentence: $said"
        exit 1
    fi
done
if said=$(compile riscv64-unknown-elf-gcc "-march=rv32imac_zicsr -mabi=ilp32 -ffreestanding $newlib" "$config") ||
    [[ $said != *"set configISR_STACK_SIZE_WORDS"* ]]; then
    echo "RISC-V without configISR_STACK_SIZE_WORDS: no sentence: $said"
    exit 1
fi
echo "FreeRTOS: compiled $compiled times; four settings that lack are named"

OSHEAP=$top FREERTOS_KERNEL=$here/kernel "$top/tests/rtos/page.sh" "$port/README.md" "$root/rtos/freertos"
KERNEL="-I$here/kernel $here/kernel/one_task.c" OSHEAP=$top \
    "$top/tests/rtos/page.sh" "$port/README.md" "$root/rtos/freertos-one-file" one-file
grep -q '^invariants hold' "$root/rtos/freertos-one-file/commands.log" || { echo "FreeRTOS, one file: no invariants hold"; exit 1; }
OSHEAP=$top "$top/tests/rtos/page.sh" "$port/README.md" "$root/rtos/freertos-rp2040" rp2040 >/dev/null
arm-none-eabi-objdump -d "$root/rtos/freertos-rp2040/installed/lib/libosheap.a" | grep 'word.0xd000017c' >/dev/null ||
    { echo "FreeRTOS, RP2040: the library does not take spinlock 31"; exit 1; }
targets=()
for board in $boards; do
    targets+=("$board:freertos-${tests//,/,freertos-}")
done
targets[0]+=,freertos-operations
# A profile: critical sections and the kernel's own masks are the interrupt controller's.
targets+=(a15:freertos-contract,freertos-holder,freertos-critical a72:freertos-contract
    rp2040:freertos-contract,freertos-holder,freertos-deferred)
# The million takes half a minute on two idle cores.
FIRMWARE_TEST_SECONDS=${FIRMWARE_TEST_SECONDS:-300} "$top/tests/firmware/run.sh" "$root/firmware" --quiet "${targets[@]}"
