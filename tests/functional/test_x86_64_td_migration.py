#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""TDs that run move to another QEMU, and a reset ends them.

The guest is tests/tcg/x86_64/system/td-smp.c: both of its processors are in
TDs nearly all the time.
"""

import os
import re
import subprocess
import time

from qemu_test import QemuSystemTest

TOP = os.environ.get('SEAM_TOP', '')
SECONDS = 120
HOPS = 3


class TdMigration(QemuSystemTest):
    """One guest for each test"""

    timeout = 4 * SECONDS

    def build(self, rounds):
        """The guest, whose TDs are entered so often"""
        script = os.path.join(TOP, 'scripts/bare-metal')
        if not TOP or not os.path.exists(script):
            self.skipTest('no scripts/bare-metal: SEAM_TOP must name the '
                          'top directory')
        guest = self.scratch_file('td-smp')
        subprocess.run([script, '--build',
                        os.path.join(TOP, 'tests/tcg/x86_64/system/td-smp.c'),
                        guest, '-DMIGRATE', f'-DROUNDS={rounds}'], check=True)
        return guest

    def start(self, name, guest, *args):
        """Start a QEMU with the guest; its debug console goes to a file"""
        output = self.scratch_file(f'{name}.log')
        self.set_machine('q35')
        vm = self.get_vm('-nodefaults', '-cpu', 'TDXHost', '-device',
                         'tdx-module', '-smp', '2', '-m', '2G',
                         '-no-shutdown', '-kernel', guest,
                         '-debugcon', f'file:{output}', *args, name=name)
        vm.launch()
        return vm, output

    def wait_for(self, what, condition):
        """Until @condition holds"""
        end = time.monotonic() + SECONDS
        while not condition():
            self.assertLess(time.monotonic(), end, f'no {what}')
            time.sleep(0.05)

    @staticmethod
    def read(path):
        """What is in a file that may not be there yet"""
        if not os.path.exists(path):
            return ''
        with open(path, encoding='utf-8', errors='replace') as src:
            return src.read()

    def status(self, vm):
        """The run state"""
        return vm.cmd('query-status')['status']

    def test_migration(self):
        """The guest's tests go on to their end, and all are ok"""
        guest = self.build(30000)
        vm, log = self.start('qemu0', guest, '-no-reboot')
        text = ''
        self.wait_for('TD that runs', lambda: '# migrate' in self.read(log))
        for hop in range(1, HOPS + 1):
            uri = f'unix:{self.socket_dir().name}/migration{hop}'
            target, target_log = self.start(f'qemu{hop}', guest, '-no-reboot',
                                            '-incoming', uri)
            vm.cmd('migrate', uri=uri)
            self.wait_for('end of the migration',
                          lambda vm=target: self.status(vm) == 'running')
            self.assertEqual(target.cmd('x-tdx-check'), {'consistent': True})
            text += self.read(log)
            vm, log = target, target_log
        self.wait_for('end of the guest',
                      lambda: self.status(vm) == 'shutdown')
        text += self.read(log)
        plan = re.search(r'^1\.\.(\d+)$', text, re.M)
        self.assertTrue(plan, text)
        self.assertEqual(len(re.findall(r'^ok ', text, re.M)), int(plan[1]),
                         text)

    def test_reset(self):
        """The machine starts again, again and again"""
        guest = self.build(1000000)
        vm, log = self.start('qemu', guest)
        for times in range(1, 4):
            self.wait_for('TD that runs', lambda n=times:
                          self.read(log).count('# migrate') == n)
            time.sleep(0.3)
            vm.cmd('system_reset')
        self.wait_for('TD that runs',
                      lambda: self.read(log).count('# migrate') == 4)
        self.assertEqual(vm.cmd('x-tdx-check'), {'consistent': True})
        self.assertNotIn('not ok', self.read(log))


if __name__ == '__main__':
    QemuSystemTest.main()
