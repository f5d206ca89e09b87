#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""gdb at SEAMCALLs, and runs that come out the same again."""

import os
import re
import shutil
import subprocess

from qemu_test import QemuSystemTest

from seam.tables import Tables
from tdx_docs import DYNAMIC, INITIALIZED, TOP, DocumentedCase, blocks

TOOLS = 'docs/system/i386/tdx-tools.rst'
REGISTERS = ('rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 '
             'rip').split()
SEAMCALL = '0xcf010f66'
SEAMCALL_BYTES = 4
STATUS_FLAGS = 0x8d5       # CF, PF, AF, ZF, SF, OF
CF, TF = 1, 0x100


def refused():
    """What the module answers where RAX itself is wrong"""
    return Tables().statuses['TDX_OPERAND_INVALID']


class Gdb(DocumentedCase):
    """gdb attached to QEMU by a socket"""

    def gdb(self, symbols, *lines):
        """What gdb printed for these commands"""
        program = shutil.which('gdb')
        if not program:
            self.skipTest('no gdb; install it')
        script = self.path('script.gdb')
        with open(script, 'w', encoding='utf-8') as out:
            out.write('\n'.join(['set pagination off', 'set confirm off',
                                 *lines, 'kill', '']))
        done = subprocess.run(
            [program, '-batch', '-nx', '-x', script, symbols],
            cwd=self.dir, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
        self.log.info('%s', done.stdout)
        return done.stdout

    @staticmethod
    def show(when):
        """gdb commands that print the registers"""
        return [f'printf "{when} {name} 0x%lx\\n", ${name}'
                for name in REGISTERS] + [
                    f'printf "{when} flags 0x%lx\\n", $eflags']

    @staticmethod
    def shown(when, text):
        """The registers that were printed, the latest of each"""
        return {name: int(value, 16) for name, value in
                re.findall(rf'^{when} (\w+) (0x[0-9a-f]+)', text, re.M)}

    @staticmethod
    def to_seamcall():
        """gdb commands that step up to the next SEAMCALL"""
        return [f'while *(unsigned int *)$pc != {SEAMCALL}', 'stepi', 'end']

    def assert_stepped(self, text, answers):
        """One step over one SEAMCALL, which wrote @answers"""
        before = self.shown('before', text)
        after = self.shown('after', text)
        self.assertEqual(set(before), {*REGISTERS, 'flags'}, text)
        wanted = {**before, **answers,
                  'rip': before['rip'] + SEAMCALL_BYTES,
                  'flags': before['flags'] & ~STATUS_FLAGS}
        self.assertEqual({n: hex(v) for n, v in after.items()},
                         {n: hex(v) for n, v in wanted.items()})


class BareMetal(Gdb):
    """A program on the bare machine, tests/tcg/x86_64/system/seamcall.c"""

    def debug(self, *lines):
        guest = self.path('seamcall')
        subprocess.run(
            [self.need('scripts/bare-metal'), '--build',
             os.path.join(TOP, 'tests/tcg/x86_64/system/seamcall.c'), guest],
            check=True)
        self.start('qemu-system-x86_64 -M q35 -cpu TDXHost -device tdx-module '
                   '-nodefaults -display none -device isa-debug-exit,'
                   'iobase=0xf4,iosize=4 -kernel seamcall -debugcon null '
                   '-gdb unix:gdb.sock,server=on,wait=off -S')
        while not os.path.exists(self.path('gdb.sock')):
            self.assertIsNone(self.processes[-1].poll(), 'QEMU ended')
        return self.gdb(guest, 'set architecture i386:x86-64',
                        'target remote gdb.sock', *lines)

    def test_registers(self):
        # Reserved bits in RAX: only RAX and the status flags change.
        text = self.debug('break seamcall_all', 'continue',
                          *self.to_seamcall(), *self.show('before'), 'stepi',
                          *self.show('after'))
        self.assertEqual(self.shown('before', text).get('r9'),
                         0x9999999999999999, text)
        self.assert_stepped(text, {'rax': refused()})

    def test_fault(self):
        # Outside VMX operation: the step ends at #UD's entry, which has the
        # address of the SEAMCALL on its stack.
        text = self.debug('break insn_seamcall', 'continue',
                          *self.to_seamcall(), *self.show('before'), 'stepi',
                          *self.show('after'),
                          'printf "entry rip 0x%lx\\n",'
                          ' (long)&exception_entries + 6 * 16',
                          'printf "saved rip 0x%lx\\n", *(long *)$rsp')
        before, after = self.shown('before', text), self.shown('after', text)
        self.assertEqual(after.get('rip'),
                         self.shown('entry', text).get('rip'), text)
        self.assertEqual(self.shown('saved', text)['rip'], before['rip'])
        self.assertEqual(after['rax'], before['rax'])

    def test_breakpoint_behind(self):
        # The block ends with the SEAMCALL; a stop right behind it is seen,
        # and no trap flag of the debugger is left in the guest.
        text = self.debug('break seamcall_all', 'continue',
                          *self.to_seamcall(), *self.show('before'),
                          'delete', f'break *($pc + {SEAMCALL_BYTES})',
                          'continue', *self.show('after'))
        self.assert_stepped(text, {'rax': refused()})
        self.assertEqual(self.shown('after', text)['flags'] & TF, 0)


class Kernel(Gdb):
    """A Linux kernel, by the documented commands"""

    def test_seamcalls(self):
        command = self.command(TOOLS, '-s -S').replace(
            '-s -S', '-gdb unix:gdb.sock,server=on,wait=off -S '
            '-trace seam_seamret -D trace')
        asked = [line.replace('(gdb) ', '') for block in blocks(TOOLS)
                 for line in block.splitlines() if line.startswith('(gdb) ')]
        self.assertIn('seamcall-step', asked)
        self.start(command, stdout=subprocess.DEVNULL)
        while not os.path.exists(self.path('gdb.sock')):
            self.assertIsNone(self.processes[-1].poll(), 'QEMU ended')
        arguments = self.command(TOOLS, 'gdb vmlinux')
        first = [line.replace(':1234', 'gdb.sock') for line in
                 re.findall(r'-ex "(.*?)"', arguments)]
        shows = iter(('before', 'after') * 3)
        lines = []
        for line in asked:
            lines.append(line)
            if line in ('seamcall-show', 'seamcall-step'):
                lines += self.show(next(shows))
        text = self.gdb(self.path('vmlinux'), *first, *lines)
        # TDH.SYS.INIT, TDH.SYS.LP.INIT and the first TDH.SYS.RD, whose value
        # is in R8.
        calls = re.findall(r'^SEAMCALL leaf (\d+),', text, re.M)
        self.assertEqual(calls, ['33', '35', '34'], text)
        answers = re.findall(r'^status 0x(\w+): .* r8 0x(\w+) r9', text, re.M)
        self.assertEqual([status for status, _ in answers], ['0'] * 3,
                         text)
        after = self.shown('after', text)
        self.assertEqual(after['flags'] & CF, 0)
        self.assertEqual(after['rip'],
                         self.shown('before', text)['rip'] + SEAMCALL_BYTES)
        # gdb has told QEMU to end; its log is whole when it has.
        self.processes[-1].wait(timeout=60)
        traced = re.search(r'seam_seamret lp 0 TDH\.SYS\.RD\(.* '
                           r'value=0x([0-9a-f]+)', self.read('trace'))
        self.assertTrue(traced, self.read('trace'))
        self.assertEqual(answers[2][1], traced[1])
        self.assertRegex(text, r'(?m)^#1 .*\bin \w+')


class SameAgain(DocumentedCase):
    """-icount: recorded and replayed, or counted with a seed"""

    def run_to_end(self, command, name):
        """(serial log, trace) of a run, which must end with a power-off"""
        self.assertEqual(self.run_until(command), '')
        log, trace = self.read(f'{name}.log'), self.read(f'{name}.trace')
        for wanted in (DYNAMIC, INITIALIZED, 'reboot: Power down'):
            self.assertIn(wanted, log)
        for wanted in ('TDH.SYS.INIT', 'TDH.SYS.TDMR.INIT'):
            self.assertIn(wanted, trace)
        return log, trace

    def test_replay(self):
        record = self.run_to_end(self.command(TOOLS, 'rr=record'), 'recorded')
        replay = self.run_to_end(self.command(TOOLS, 'rr=replay'), 'replayed')
        self.assertEqual(record[0], replay[0])
        self.assertEqual(record[1], replay[1])

    def test_seed(self):
        command = self.command(TOOLS, '-seed 1')
        first = self.run_to_end(command, 'seeded')
        self.assertIn('smp: Brought up 1 node, 4 CPUs', first[0])
        self.assertEqual(first, self.run_to_end(command, 'seeded'))


if __name__ == '__main__':
    QemuSystemTest.main()
