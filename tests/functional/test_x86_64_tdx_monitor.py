#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""The monitor looks at a TDX host while its kernel works: the kernel does not
notice, and what the monitor tells could have been.

The kernel and the initramfs are those of guest/build in the directory that
SEAM_TOP names; without them the test is skipped.
"""

import os
import re
import time

from qemu_test import QemuSystemTest

TOP = os.environ.get('SEAM_TOP', '')
BOOT_SECONDS = 900
# Four CPUs, one page each: pairs come and go all the time.  Not many of them:
# where the host has no processor for each, a CPU of the guest waits whenever
# the one that it hands the kernel's lock to is not running just then.
PAIRS = 1000
EXERCISE = f'seam.mode=exercise seam.exercise=4,1,60000,{PAIRS}'
# There is none in most moments: looks at them alone, for each at everything
GLANCES = 50


class TdxMonitor(QemuSystemTest):

    timeout = 2 * BOOT_SECONDS

    def setUp(self):
        super().setUp()
        if not TOP or not os.path.exists(
                os.path.join(TOP, 'build/guest/bzImage')):
            self.skipTest('SEAM_TOP must name the directory in which '
                          'guest/build has run')
        self.serial = self.log_file('serial.log')

    def glance(self):
        """The page pairs that there are"""
        return self.vm.cmd('query-tdx-pamt', view='pairs')['pairs']

    def look(self):
        """Every command once; returns the page pairs that there were"""
        pamt = self.vm.cmd('query-tdx-pamt', view='map')
        for tdmr in pamt['tdmrs']:
            counts = dict(tdmr['counts'])
            counts.pop('pairs', None)
            self.assertEqual(sum(counts.values()), tdmr['size'] / 4096)
            self.assertNotIn('tdr', counts)
        pairs = self.glance()
        for pair in pairs:
            self.assertEqual(pair['hpa'] % (2 << 20), 0)
            self.assertEqual(len(set(pair['pages'])), 2)
        self.vm.cmd('query-tdx-pamt', view='bitmap')
        self.vm.cmd('query-tdx-pamt', view='entries', in_use=True)
        self.assertEqual(self.vm.cmd('query-tdx-tds', vcpus=True)['tds'], [])
        self.vm.cmd('query-tdx-module')
        for command in 'info tdx', 'info pamt', 'info pamt 0x100000', \
                'info tds':
            self.assertTrue(self.vm.cmd('human-monitor-command',
                                        command_line=command))
        return len(pairs)

    def calls(self, name):
        """Calls and errors of a leaf"""
        for leaf in self.vm.cmd('query-tdx-module')['leaves']:
            if leaf['name'] == name:
                return leaf['calls'], leaf['errors']
        return 0, 0

    def test_while_pairs_come_and_go(self):
        from seam import runner
        self.vm.add_args(*runner.arguments(
            kernel=os.path.join(TOP, 'build/guest/bzImage'),
            initramfs=os.path.join(TOP, 'build/guest/initramfs.gz'),
            append=EXERCISE, smp='4', mem='2G'),
            '-no-shutdown', '-no-reboot', '-serial', f'file:{self.serial}')
        self.vm.launch()
        end = time.monotonic() + BOOT_SECONDS
        most = 0
        while True:
            self.assertLess(time.monotonic(), end, 'the guest did not end')
            most = max(most, self.look(), *(len(self.glance())
                                            for _ in range(GLANCES)))
            # Stops all vCPUs, so not too often
            if most:
                self.assertEqual(self.vm.cmd('x-tdx-check'),
                                 {'consistent': True})
            if [e for e in self.vm.get_qmp_events(wait=False)
                    if e['event'] == 'SHUTDOWN']:
                break
            time.sleep(0.02)
        with open(self.serial, encoding='utf-8', errors='replace') as src:
            log = src.read()
        self.assertTrue('seam: exercise: done' in log, log[-300:])
        self.assertEqual([line for line in log.splitlines()
                          if 'WARNING' in line], [])
        self.assertGreater(most, 0)
        # First those at the start, then those after the exercise
        counts = {name: int(re.findall(f'seam: pamt {name} ([0-9]+)', log)[-1])
                  for name in ('adds', 'removes', 'failures')}
        self.assertEqual(counts['failures'], 0)
        self.assertGreaterEqual(counts['adds'], PAIRS)
        # Each call by the kernel succeeded at once: nobody met the monitor
        self.assertEqual(self.calls('TDH.PHYMEM.PAMT.ADD'),
                         (counts['adds'], 0))
        self.assertEqual(self.calls('TDH.PHYMEM.PAMT.REMOVE'),
                         (counts['removes'], 0))
        self.assertEqual(self.look(), 0)


if __name__ == '__main__':
    QemuSystemTest.main()
