#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the monitor and the trace tell of TDs that run.

The guest is tests/tcg/x86_64/system/td-smp.c: both of its processors are in
TDs nearly all the time.
"""

import re

from bare_guest import BareGuestTest

TURNS = 100     # some of them come while a TD runs


class TdSight(BareGuestTest):
    """One guest for all"""

    def start_tds(self, *args):
        """Start the guest, whose TDs run as long as the test looks"""
        self.trace = self.scratch_file('trace.log')
        guest = self.build('td-smp', '-DMIGRATE', '-DROUNDS=1000000')
        self.qemu, output = self.start('qemu', guest, '-device', 'tdx-module',
                                     '-m', '2G', '-no-reboot', '-D',
                                     self.trace, *args)
        self.wait_for('TD that runs',
                      lambda: '# migrate' in self.read(output))

    def hmp(self, line):
        """What the monitor for people says"""
        return self.qemu.cmd('human-monitor-command', command_line=line)

    def active(self):
        """(TD, vCPU) of a vCPU that is in its TD just now"""
        tds = self.qemu.cmd('query-tdx-tds', vcpus=True)['tds']
        return next(((td, vcpu) for td in tds for vcpu in td['vcpus']
                     if vcpu['state'] == 'active'), None)

    def counts(self):
        """Calls of TDCALL leaves and exits, by name"""
        info = self.qemu.cmd('query-tdx-module')
        return ({leaf['name']: leaf['calls'] for leaf in info['tdcalls']},
                {exit['name']: exit for exit in info['td-exits']})

    def test_monitor(self):
        """Running vCPUs, their calls and exits, their Secure EPT"""
        self.start_tds()
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

        walk = self.qemu.cmd('query-tdx-sept', tdr=td['tdr'], gpa=0xfffff000)
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
        self.start_tds()
        for event in ('seam_td_exit', 'seam_tdcall', 'seam_seamret'):
            self.hmp(f'trace-event {event} on')
        log = self.wait_for('lines', lambda: next(
            (text for text in (self.read(self.trace),)
             if 'seam_td_exit' in text and 'seam_seamret' in text), None))
        self.hmp('trace-event * off')
        self.assertIn(': 77 TDCALL, qualification 0x0', log)
        self.assertIn('TDH.VP.ENTER(tdvpr_flags=', log)

    def test_one_thread(self):
        """Processors that share a thread do not get each other's entries"""
        self.start_tds('-accel', 'tcg,thread=single')
        for event in ('seam_seamcall', 'seam_seamret'):
            self.hmp(f'trace-event {event} on')
        found = self.wait_for('turns of both processors', lambda: next(
            (calls for calls in (self.entries(),)
             if self.turns(calls) > TURNS), None))
        self.hmp('trace-event * off')
        for lp, called, answered in found:
            self.assertEqual(called, answered, f'LP {lp}')

    @staticmethod
    def turns(calls):
        """How often another processor was next"""
        return sum(a[0] != b[0] for a, b in zip(calls, calls[1:]))

    def entries(self):
        """(LP, vCPU entered, vCPU that TDH.VP.ENTER answers of)"""
        called, found = {}, []
        for line in self.read(self.trace).splitlines():
            match = re.search(r'seam_(seamcall|seamret) lp (\d+) '
                              r'TDH.VP.ENTER\(tdvpr_flags=(\w+)\)', line)
            if match and match[1] == 'seamcall':
                called[match[2]] = match[3]
            elif match and match[2] in called:
                found.append((match[2], called.pop(match[2]), match[3]))
        return found


if __name__ == '__main__':
    BareGuestTest.main()
