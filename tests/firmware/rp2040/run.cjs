#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Runs an image on an RP2040 of two cores, interleaved instruction by instruction as a seed says.
// Takes QEMU's options, so that run.sh and the firmware storm start it as they start QEMU.
'use strict';
const fs = require('fs');
const path = require('path');
const { Chip, Fault, load } = require('./chip.cjs');

const USAGE = `usage: run.cjs [--seed N | --seeds FROM-TO] [--most N] -kernel IMAGE.elf
  --seed N         the interleaving (1)
  --seeds FROM-TO  one run for each seed; ends at the first that fails
  --most N         instructions after which a run has failed (1,000 million)
  --version        of the emulator
  --emulator DIR   where rp2040js was installed (build/npm)
  -icount ...      one core goes on until it yields or waits, and SysTick counts instructions
  -semihosting-config ...,arg=WORD,...   the image's command line
  -D FILE          log each instruction there, of -dfilter FIRST+SIZE, as QEMU's -d exec does
  other options of QEMU's with one argument (-display, -chardev, ...) are ignored
The exit status is the image's; 4 after a fault, 124 if it does not end, 2 after a wrong option.`;

// At most so many instructions of a core in a row: mostly few, now and then so many that the other
// core seems to stand still in the middle of what it does.
const SHORT = 7;
const LONG = 300;
const LONG_ONES = 16; // one in so many

function usage(text) {
    console.error(text === undefined ? USAGE : `run.cjs: ${text}\n${USAGE}`);
    process.exit(text === undefined ? 0 : 2);
}

function whole(text, option) {
    if (!/^[0-9]+$/.test(text ?? '')) {
        usage(`${option} wants a number, not '${text}'`);
    }
    return Number(text);
}

function parse(words) {
    const options = {
        first: 1, last: 1, most: 1e9, counting: false, words: [], image: undefined,
        emulator: process.env.OSHEAP_RP2040JS ?? path.join(__dirname, '../../../build/npm'),
    };
    for (let i = 0; i < words.length; i++) {
        const value = words[i + 1];
        switch (words[i]) {
            case '-h': case '--help': usage(); break;
            case '--version': options.version = true; break;
            case '--seed': options.first = options.last = whole(value, words[i++]); break;
            case '--seeds': {
                const [first, last] = (value ?? '').split('-');
                options.first = whole(first, '--seeds');
                options.last = whole(last, words[i++]);
                break;
            }
            case '--most': options.most = whole(value, words[i++]); break;
            case '--emulator': options.emulator = value; i++; break;
            case '-kernel': options.image = value; i++; break;
            case '-icount': options.counting = true; i++; break;
            case '-semihosting-config':
                options.words = value.split(',').filter((w) => w.startsWith('arg=')).map((w) => w.slice(4));
                i++;
                break;
            case '-D': options.log = value; i++; break;
            case '-dfilter': {
                const [first, size] = (value ?? '').split('+').map(Number);
                options.traced = [first, first + size];
                i++;
                break;
            }
            case '-d': i++; break;
            case '-nodefaults': case '-singlestep': break;
            case '-display': case '-monitor': case '-serial': case '-chardev': i++; break;
            default: usage(`unknown option '${words[i]}'`);
        }
    }
    if (options.version) {
        return options;
    }
    if (options.image === undefined || !fs.existsSync(options.image)) {
        usage(options.image === undefined ? 'which image? (-kernel)' : `there is no ${options.image}`);
    }
    if (options.last < options.first) {
        usage('--seeds FROM-TO: TO is below FROM');
    }
    return options;
}

class Exit extends Error {
    constructor(status) {
        super(`status ${status}`);
        this.status = status;
    }
}

/** Semihosting: what the image prints goes to `out`; its exit is an Exit. */
function semihosting(words, out) {
    return (chip, core) => {
        const [operation, parameter] = core.registers;
        let result = 0;
        if (operation === 0x04) { // SYS_WRITE0
            for (let at = parameter, c; (c = chip.readUint8(at)) !== 0; at++) {
                out.push(String.fromCharCode(c));
            }
        } else if (operation === 0x15) { // SYS_GET_CMDLINE
            const line = words.join(' ');
            const buffer = chip.readUint32(parameter);
            if (line.length + 1 > chip.readUint32(parameter + 4)) {
                result = -1;
            } else {
                [...line, '\0'].forEach((c, i) => chip.writeUint8(buffer + i, c.charCodeAt(0)));
                chip.writeUint32(parameter + 4, line.length);
            }
        } else if (operation === 0x20) { // SYS_EXIT_EXTENDED
            throw new Exit(chip.readUint32(parameter + 4));
        } else {
            throw new Fault(`semihosting call ${operation} is not served`);
        }
        core.registers[0] = result;
    };
}

/** xorshift32 */
function randomOf(seed) {
    let state = (Math.imul(seed, 0x9e3779b1) >>> 0) || 1;
    return () => {
        state ^= state << 13; state ^= state >>> 17; state ^= state << 5; state >>>= 0;
        return state;
    };
}

/** Cores in turns of a few instructions, at random. */
function interleave(chip, most, random) {
    while (chip.now < most) {
        const r = random();
        let next = r & 1;
        if (!chip.runs(next)) {
            next = 1 - next;
        }
        if (!chip.runs(next)) {
            chip.sleep();
            continue;
        }
        chip.choose(next);
        const slice = (r >>> 1) % LONG_ONES === 0 ? LONG : SHORT;
        for (let k = 1 + ((r >>> 8) % slice); k > 0 && !chip.core.waiting; k--) {
            chip.step();
        }
    }
}

/** A core goes on until it yields or waits. */
function inTurns(chip, most) {
    while (chip.now < most) {
        const next = chip.runs(1 - chip.current) ? 1 - chip.current : chip.current;
        if (!chip.runs(next)) {
            chip.sleep();
            continue;
        }
        chip.choose(next);
        chip.yielded = false;
        while (!chip.yielded && !chip.core.waiting && chip.now < most) {
            chip.step();
        }
    }
}

/** [status, what the image printed, instructions] */
function run(options, parts, seed) {
    const out = [];
    let chip;
    try {
        chip = new Chip(parts, options.image, semihosting(options.words, out));
        if (options.log !== undefined) {
            const [from, to] = options.traced ?? [0, Infinity];
            const log = fs.openSync(options.log, 'w');
            chip.trace = (at) => {
                if (at >= from && at < to) {
                    fs.writeSync(log, `Trace 0: 0 [0/${at.toString(16)}/0/0]\n`);
                }
            };
        }
        if (options.counting) {
            inTurns(chip, options.most);
        } else {
            interleave(chip, options.most, randomOf(seed));
        }
        return [124, `${out.join('')}no end after ${options.most} instructions`, chip.now];
    } catch (error) {
        if (error instanceof Exit) {
            return [error.status, out.join('').trimEnd(), chip.now];
        }
        if (error instanceof Fault) {
            return [4, `${out.join('')}${error.message}`, chip === undefined ? 0 : chip.now];
        }
        throw error;
    }
}

function main() {
    const options = parse(process.argv.slice(2));
    const parts = load(options.emulator);
    if (options.version) {
        console.log(`rp2040js ${parts.version}, node ${process.version}`);
        return;
    }
    const count = options.last - options.first + 1;
    let instructions = 0;
    for (let seed = options.first; seed <= options.last; seed++) {
        const [status, text, taken] = run(options, parts, seed);
        instructions += taken;
        if (status !== 0 || count === 1) {
            console.log(count > 1 ? `seed ${seed}, ${taken} instructions: ${text}` : text);
        }
        if (status !== 0) {
            process.exit(status);
        }
        if (count > 1 && process.stderr.isTTY) {
            process.stderr.write(`\r${path.basename(options.image)}: ${seed - options.first + 1}/${count} seeds `);
        }
    }
    if (count > 1) {
        console.log(`${count} seeds, ${Math.round(instructions / 1e6)} million instructions, ok`);
    }
}

try {
    main();
} catch (error) {
    if (!(error instanceof Fault)) {
        throw error;
    }
    console.error(`run.cjs: ${error.message}`);
    process.exit(4);
}
