#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""TDs on KVM that convert memory while the host does its worst to them."""

import os
import re

from qemu_test import QemuSystemTest

import tdx_kvm
import test_x86_64_tdx_td as td

CPUS = 4
# Of each vCPU; a step is a page that is used or converted
STEPS = 1500 * int(os.environ.get('SOAK') or 1)
KILLS = 100
FLUSHES = 5         # of each vCPU, at least, while its thread migrates


BUSY = {'operand': 'rcx'}
# Calls that fail, where KVM repeats a call once: so far apart that what it
# repeats is not the next one of them, whatever the other TD calls in between
FAULTY = (1, 40, 100)
# What KVM has to bear, and how often: a part of all calls, in percent, or, of
# leaves that it repeats once only, certain calls
FAULTS = (
    [('tdh.mng.create', 'rnd_no_entropy', {'count': 2}),
     ('tdh.mr.finalize', 'operand_busy', {'count': 2, **BUSY}),
     ('tdh.phymem.cache.wb', 'interrupted_resumable', {'count': 2})] +
    [(leaf, 'operand_busy', {'count': 0, 'probability': 20, **BUSY})
     for leaf in ('tdh.vp.enter', 'tdh.mem.page.add', 'tdh.mem.page.aug',
                  'tdh.mem.sept.add')] +
    [(leaf, 'operand_busy', {'nth': nth, **BUSY})
     for leaf in ('tdh.mem.range.block', 'tdh.mem.track',
                  'tdh.mem.page.remove')
     for nth in FAULTY])


class TdxKvmRun(tdx_kvm.TdxKvm):

    def hammer(self, meanwhile='', steps=STEPS, **how):
        """Two TDs with two vCPUs each, and what the host does at that time"""
        how.setdefault('smp', str(CPUS))
        said = self.run_script(f'''
            {meanwhile}
            run hammer tdvmm --payload hammer.bin --smp 2 --tds 2 \\
                --argument {steps} --seconds 600
            rm -f /tmp/go
            wait
        ''', **how)
        wrote = self.assert_ended(said, 'hammer')
        for n in range(2):
            self.assertIn(f'td{n}: ok hammer', wrote.splitlines(), wrote)
        return said

    def test_migrating_threads(self):
        # Each vCPU thread goes from CPU to CPU, and is flushed there
        self.hammer(f'''
            touch /tmp/go
            while [ -e /tmp/go ]; do
                for task in /proc/[0-9]*/task/*; do
                    read -r name 2> /dev/null < $task/comm
                    [ "$name" != tdvmm ] || taskset -p \\
                        $(printf %x $((1 << RANDOM % {CPUS}))) \\
                        ${{task##*/}} > /dev/null 2>&1
                done
                usleep 50000
            done &
        ''')
        self.assertGreater(self.calls['TDH.VP.FLUSH'][0], 4 * FLUSHES)

    def test_offline(self):
        # A CPU that goes offline flushes the vCPUs that ran there
        said = self.hammer(f'''
            touch /tmp/go
            rounds=0
            while [ -e /tmp/go ]; do
                for n in $(seq 1 {CPUS - 1}); do
                    cpu=/sys/devices/system/cpu/cpu$n/online
                    echo 0 > $cpu || say "cpu$n does not go"
                    usleep 100000
                    echo 1 > $cpu || say "cpu$n does not come"
                done
                rounds=$((rounds + 1))
                [ -e /tmp/go ] || say "offline $rounds times"
            done &
        ''')
        self.assertFalse([line for line in said if 'does not' in line])
        self.assertTrue([line for line in said if 'offline' in line])

    def test_killed(self):
        # At any point of a TD's life, also while it runs
        said = self.run_script(f'''
            n=0
            while [ $n -lt {KILLS} ]; do
                tdvmm --payload hammer.bin --smp 2 --argument 1000000 \\
                    > /dev/null 2>&1 &
                usleep $((RANDOM * 20))
                kill -9 $! && n=$((n + 1))
                wait $! 2> /dev/null
            done
            say "killed $n"
            run after tdvmm --payload hello.bin
        ''')
        self.assertIn(f'killed {KILLS}', said)
        self.assertIn('Hello from a TD', self.assert_ended(said, 'after'))

    def test_all_keyids(self):
        said = self.run_script('''
            say "tds $(tds)"
            run all tdvmm --payload hello.bin --mem 2M --tds $(tds)
        ''')
        tds = len(re.findall(r'^td\d+: Hello from a TD$',
                             self.assert_ended(said, 'all'), re.M))
        self.assertIn(f'tds {tds}', said)

    def test_faults(self):
        self.hammer(steps=STEPS // 3, extra=td.faults(*FAULTS))
        failed = {leaf for leaf, (_, errors) in self.calls.items() if errors}
        self.assertLessEqual({leaf.upper() for leaf, _, _ in FAULTS}, failed)

    def test_two_packages(self):
        self.hammer(smp=f'{CPUS},sockets=2', steps=STEPS // 3)

    def test_with_erratum(self):
        self.hammer(cpu='TDXHost,partial-write-erratum=on',
                    steps=STEPS // 3)


class TdxKvmRunStatic(tdx_kvm.TdxKvm):
    """Without Dynamic PAMT"""

    module = 'dynamic-pamt=off'
    dynamic = False
    hammer = TdxKvmRun.hammer
    test_migrating_threads = TdxKvmRun.test_migrating_threads
    test_killed = TdxKvmRun.test_killed


if __name__ == '__main__':
    QemuSystemTest.main()
