// SPDX-License-Identifier: Apache-2.0
// An RP2040 with two cores, made of the npm package rp2040js, which has one: a second core, the
// SIO's core number and mailbox, and a SysTick for each core that counts instructions. All the
// rest is the package's. What the package only logs, such as an access to no memory, ends the run.
'use strict';
const fs = require('fs');
const path = require('path');

const SIO = { CPUID: 0x00, FIFO_ST: 0x50, FIFO_WR: 0x54, FIFO_RD: 0x58 };
const SYST = { CSR: 0x10, RVR: 0x14, CVR: 0x18 };
const FLASH = 0x10000000;
const RAM = 0x20000000;
const RAM_BYTES = 2 << 20; // the chip's 264 KiB, and more: see boards/rp2040/link.ld
const THUMB_BKPT_SEMIHOSTING = 0xbeab;

/** What an image did that the chip has no answer to. */
class Fault extends Error {}

/** The package; `folder` has node_modules. */
function load(folder) {
    try {
        const main = require.resolve('rp2040js', { paths: [folder] });
        return {
            RP2040: require(main).RP2040,
            version: JSON.parse(fs.readFileSync(path.join(path.dirname(main), '../../package.json'))).version,
            CortexM0Core: require(path.join(path.dirname(main), 'cortex-m0-core.js')).CortexM0Core,
        };
    } catch (error) {
        throw new Fault(`rp2040js is not in ${folder}: tests/firmware/rp2040/install.sh puts it there (${error.code})`);
    }
}

/** The parts of an ELF file that are loaded: [address, bytes]. */
function segments(file) {
    const elf = fs.readFileSync(file);
    if (elf.length < 52 || elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 1) {
        throw new Fault(`${file} is no 32-bit ELF file`);
    }
    const [table, size, count] = [elf.readUInt32LE(28), elf.readUInt16LE(42), elf.readUInt16LE(44)];
    const found = [];
    for (let at = table; at < table + size * count; at += size) {
        const [type, offset, , physical, bytes] = [0, 4, 8, 12, 16].map((i) => elf.readUInt32LE(at + i));
        if (type === 1 && bytes > 0) {
            found.push([physical, elf.subarray(offset, offset + bytes)]);
        }
    }
    return found;
}

/** SysTick of one core; a tick is an instruction of any core. */
class SysTick {
    constructor() {
        this.csr = 0;
        this.reload = 0;
        this.end = Infinity; // when it reaches 0
    }

    read(offset, now) {
        switch (offset) {
            case SYST.CSR: return this.csr;
            case SYST.RVR: return this.reload;
            default: return this.end === Infinity ? 0 : (this.end - now) & 0xffffff;
        }
    }

    write(offset, value, now) {
        if (offset === SYST.CSR) {
            this.csr = value & 7;
        } else if (offset === SYST.RVR) {
            this.reload = value & 0xffffff;
        }
        this.end = (this.csr & 1) && this.reload > 0 ? now + this.reload : Infinity;
    }

    /** True if it has just reached 0 and interrupts. */
    expired(now) {
        if (now < this.end) {
            return false;
        }
        this.end += this.reload + 1;
        return (this.csr & 2) !== 0;
    }
}

/** Core 1 in the boot ROM: takes words from core 0 and sends each back, until it knows enough. */
class BootRom {
    constructor() {
        this.words = [];
    }

    /** The answer to a word. */
    answer(word) {
        const expected = [0, 0, 1][this.words.length];
        if (expected === undefined || word === expected) {
            this.words.push(word);
        } else {
            this.words = word === 0 ? [0] : [];
        }
        return word;
    }

    get launched() {
        return this.words.length === 6;
    }
}

class Chip {
    /** `semihost(chip, core)` serves bkpt 0xab. */
    constructor(parts, image, semihost) {
        this.chip = new parts.RP2040();
        this.now = 0;
        this.current = 0;
        this.yielded = false;
        this.awake = [true, false];
        this.trace = undefined; // called with the address of each instruction
        this.cores = [this.chip.core, new parts.CortexM0Core(this.chip)];
        this.timers = [new SysTick(), new SysTick()];
        this.rom = new BootRom();
        this.mail = [[], []]; // words for each core
        this.chip.sram = new Uint8Array(RAM_BYTES);
        this.chip.sramView = new DataView(this.chip.sram.buffer);
        const fail = (name, text) => {
            throw new Fault(`core ${this.current} at ${this.core.PC.toString(16)}: ${text}`);
        };
        this.chip.logger = {
            debug() {},
            info: (name, text) => { this.yielded = this.yielded || text === 'Yield'; },
            warn: fail,
            error: fail,
        };
        this.chip.onBreak = (code) => {
            if (this.chip.readUint16(this.core.PC - 2) !== THUMB_BKPT_SEMIHOSTING) {
                fail('', `breakpoint or undefined instruction, ${code}`);
            }
            semihost(this.chip, this.core);
        };
        this.replaceSio();
        this.replaceSysTick();
        for (const [address, bytes] of segments(image)) {
            if (address >= FLASH && address + bytes.length <= FLASH + this.chip.flash.length) {
                this.chip.flash.set(bytes, address - FLASH);
            } else if (address >= RAM && address + bytes.length <= RAM + RAM_BYTES) {
                this.chip.sram.set(bytes, address - RAM);
            } else {
                throw new Fault(`${image} wants ${bytes.length} bytes at ${address.toString(16)}: no memory is there`);
            }
        }
        // As the second stage of the boot leaves it.
        this.core.VTOR = FLASH;
        this.core.SP = this.chip.readUint32(FLASH);
        this.core.PC = this.chip.readUint32(FLASH + 4) & ~1;
    }

    get core() {
        return this.cores[this.current];
    }

    replaceSio() {
        const { sio } = this.chip;
        const read = sio.readUint32.bind(sio);
        const write = sio.writeUint32.bind(sio);
        sio.readUint32 = (offset) => {
            switch (offset) {
                case SIO.CPUID: return this.current;
                case SIO.FIFO_ST: return this.mail[this.current].length > 0 ? 3 : 2;
                case SIO.FIFO_RD: return this.mail[this.current].shift() ?? 0;
                default: return read(offset);
            }
        };
        sio.writeUint32 = (offset, value) => {
            if (offset !== SIO.FIFO_WR) {
                write(offset, value);
            } else if (this.current === 0 && !this.awake[1]) {
                this.mail[0].push(this.rom.answer(value >>> 0));
                if (this.rom.launched) {
                    const [vectors, stack, entry] = this.rom.words.slice(3);
                    Object.assign(this.cores[1], { VTOR: vectors, SP: stack, PC: entry & ~1 });
                    this.awake[1] = true;
                }
            } else {
                this.mail[1 - this.current].push(value >>> 0);
            }
        };
    }

    replaceSysTick() {
        const { ppb } = this.chip;
        const read = ppb.readUint32.bind(ppb);
        const write = ppb.writeUint32.bind(ppb);
        const ours = (offset) => offset >= SYST.CSR && offset <= SYST.CVR;
        ppb.readUint32 = (offset) =>
            (ours(offset) ? this.timers[this.current].read(offset, this.now) : read(offset));
        ppb.writeUint32 = (offset, value) => {
            if (ours(offset)) {
                this.timers[this.current].write(offset, value, this.now);
                this.alarm = Math.min(...this.timers.map((timer) => timer.end));
            } else {
                write(offset, value);
            }
        };
        this.alarm = Infinity; // when the next of both timers ends
    }

    /** Timers that have ended make their interrupt pending. */
    tick() {
        this.timers.forEach((timer, i) => {
            if (timer.expired(this.now)) {
                this.cores[i].pendingSystick = true;
                this.cores[i].interruptsUpdated = true;
                this.cores[i].waiting = false;
            }
        });
        this.alarm = Math.min(...this.timers.map((timer) => timer.end));
    }

    runs(i) {
        return this.awake[i] && !this.cores[i].waiting;
    }

    /** Goes on with that core, which must run. */
    choose(i) {
        this.current = i;
        this.chip.core = this.cores[i]; // whom the private peripherals serve
    }

    /** One instruction. */
    step() {
        if (this.trace !== undefined) {
            this.trace(this.core.PC);
        }
        this.core.executeInstruction();
        if (++this.now >= this.alarm) {
            this.tick();
        }
    }

    /** No core runs: until the next timer. */
    sleep() {
        if (this.alarm === Infinity) {
            throw new Fault('every core waits for an interrupt, and no timer runs');
        }
        this.now = this.alarm;
        this.tick();
    }
}

module.exports = { Chip, Fault, load };
