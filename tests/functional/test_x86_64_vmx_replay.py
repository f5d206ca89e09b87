#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""VMX guests under record and replay.

A bare-metal guest that is recorded, with its VM entries and exits, preemption
timer and interrupts, does and says the same when it is replayed.
"""

import os
import subprocess

from qemu_test import QemuBaseTest

TOP = os.environ.get('SEAM_TOP', '')
QEMU = os.environ.get('QEMU_TEST_QEMU_BINARY', '')
SECONDS = 300


class VmxReplay(QemuBaseTest):
    """Each of the bare-metal guests with one processor"""

    timeout = 4 * SECONDS

    def run_guest(self, program, record, mode):
        """(exit status, what it said, what QEMU said)"""
        output = self.scratch_file(f'{mode}.log')
        done = subprocess.run(
            [QEMU, '-M', 'q35', '-nodefaults', '-display', 'none', '-monitor',
             'none', '-no-reboot', '-cpu', 'TDXHost', '-debugcon',
             f'file:{output}', '-device',
             'isa-debug-exit,iobase=0xf4,iosize=0x4', '-kernel', program,
             '-icount', f'shift=1,rr={mode},rrfile={record}'],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
        with open(output, encoding='utf-8') as out:
            return done.returncode, out.read(), done.stdout

    def check(self, name):
        """Its tests pass, and pass again"""
        script = os.path.join(TOP, 'scripts/bare-metal')
        if not TOP or not os.path.exists(script):
            self.skipTest('no scripts/bare-metal: SEAM_TOP must name the '
                          'top directory')
        program = self.scratch_file(name)
        record = self.scratch_file('record')
        subprocess.run([script, '--build', os.path.join(
            TOP, f'tests/tcg/x86_64/system/{name}.c'), program], check=True)
        first = self.run_guest(program, record, 'record')
        self.assertEqual((first[0], first[2]), (0, ''), first[1])
        self.assertIn('\n1..', first[1])
        self.assertGreater(os.path.getsize(record), 0)
        self.assertEqual(self.run_guest(program, record, 'replay'), first)

    def test_guest(self):
        """Exits, injected events, windows, timers"""
        self.check('vmx-guest')

    def test_ept(self):
        """EPT, and events that it cuts short"""
        self.check('vmx-ept')

    def test_random(self):
        """Guests as chance has them"""
        self.check('vmx-random')


if __name__ == '__main__':
    QemuBaseTest.main()
