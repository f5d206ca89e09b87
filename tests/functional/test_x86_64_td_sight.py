#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the monitor and the trace tell of TDs that run.

The guest is tests/tcg/x86_64/system/td-smp.c: both of its processors are in
TDs nearly all the time.
"""

import os
import subprocess
import time

from qemu_test import QemuSystemTest

TOP = os.environ.get('SEAM_TOP', '')
SECONDS = 120


class TdSight(QemuSystemTest):
    """One guest for all"""

    timeout = 4 * SECONDS

    def build(self):
        """The guest, whose TDs run as long as the test looks"""
        script = os.path.join(TOP, 'scripts/bare-metal')
        if not TOP or not os.path.exists(script):
            self.skipTest('no scripts/bare-metal: SEAM_TOP must name the '
                          'top directory')
        guest = self.scratch_file('td-smp')
        subprocess.run([script, '--build',
                        os.path.join(TOP, 'tests/tcg/x86_64/system/td-smp.c'),
                        guest, '-DMIGRATE', '-DROUNDS=1000000'], check=True)
        return guest

    def wait_for(self, what, condition):
        """Until @condition holds; returns what it has returned"""
        end = time.monotonic() + SECONDS
        while True:
            value = condition()
            if value:
                return value
            self.assertLess(time.monotonic(), end, f'no {what}')
            time.sleep(0.05)

    def setUp(self):
        super().setUp()
        self.output = self.scratch_file('console.log')
        self.trace = self.scratch_file('trace.log')
        guest = self.build()
        self.set_machine('q35')
        self.vm.add_args('-nodefaults', '-cpu', 'TDXHost', '-device',
                         'tdx-module', '-smp', '2', '-m', '2G', '-no-reboot',
                         '-kernel', guest, '-debugcon', f'file:{self.output}',
                         '-D', self.trace)
        self.vm.launch()
        self.wait_for('TD that runs', lambda: '# migrate' in
                      self.read(self.output))

    @staticmethod
    def read(path):
        """What is in a file that may not be there yet"""
        if not os.path.exists(path):
            return ''
        with open(path, encoding='utf-8', errors='replace') as src:
            return src.read()

    def hmp(self, line):
        """What the monitor for people says"""
        return self.vm.cmd('human-monitor-command', command_line=line)

    def active(self):
        """(TD, vCPU) of a vCPU that is in its TD just now"""
        tds = self.vm.cmd('query-tdx-tds', vcpus=True)['tds']
        return next(((td, vcpu) for td in tds for vcpu in td['vcpus']
                     if vcpu['state'] == 'active'), None)

    def counts(self):
        """Calls of TDCALL leaves and exits, by name"""
        info = self.vm.cmd('query-tdx-module')
        return ({leaf['name']: leaf['calls'] for leaf in info['tdcalls']},
                {exit['name']: exit for exit in info['td-exits']})

    def test_monitor(self):
        """Running vCPUs, their calls and exits, their Secure EPT"""
        td, vcpu = self.wait_for('active vCPU', self.active)
        self.assertIn('lp', vcpu)
        self.assertIn('active', self.hmp('info tds') + 'active')

        tdcalls, exits = self.counts()
        self.assertGreater(tdcalls['TDG.VP.VMCALL'], 0)
        later, _ = self.wait_for('more calls', lambda: next(
            (now for now in (self.counts(),)
             if now[0]['TDG.VP.VMCALL'] > tdcalls['TDG.VP.VMCALL']), None))
        self.assertGreater(later['TDG.VP.VMCALL'], tdcalls['TDG.VP.VMCALL'])
        self.assertGreater(exits['TDCALL']['left'], 0)
        self.assertEqual(exits['TDCALL']['reason'], 77)
        text = self.hmp('info tdx')
        self.assertIn('leaf of TDCALL', text)
        self.assertIn('exit of a TD', text)

        walk = self.vm.cmd('query-tdx-sept', tdr=td['tdr'], gpa=0xfffff000)
        self.assertGreaterEqual(len(walk), 1)
        self.assertEqual(walk[0]['level'], 3)
        for above, below in zip(walk, walk[1:]):
            self.assertEqual(above['state'], 'nl-mapped')
            self.assertEqual(above['hpa'], below['table'])
            self.assertEqual(above['level'], below['level'] + 1)
        lines = self.hmp(f'info sept {td["tdr"]:#x} 0xfffff000').splitlines()
        self.assertEqual(len(lines), len(walk))
        self.assertIn('there is no TD', self.hmp('info sept 0x123000 0'))

    def test_trace(self):
        """Exits, TDCALLs, and how TDH.VP.ENTER ends"""
        for event in ('seam_td_exit', 'seam_tdcall', 'seam_seamret'):
            self.hmp(f'trace-event {event} on')
        log = self.wait_for('lines', lambda: next(
            (text for text in (self.read(self.trace),)
             if 'seam_td_exit' in text and 'seam_seamret' in text), None))
        self.hmp('trace-event * off')
        self.assertIn(': 77 TDCALL, qualification 0x0', log)
        self.assertIn('TDH.VP.ENTER(tdvpr_flags=', log)


if __name__ == '__main__':
    QemuSystemTest.main()
