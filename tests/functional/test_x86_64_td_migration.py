#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""TDs that run move to another QEMU, and a reset ends them.

The guest is tests/tcg/x86_64/system/td-smp.c: both of its processors are in
TDs nearly all the time.
"""

import time

from bare_guest import BareGuestTest

MACHINE = ('-device', 'tdx-module', '-m', '2G', '-no-shutdown')
HOPS = 3


class TdMigration(BareGuestTest):
    """One guest for each test"""

    def build_tds(self, rounds):
        """The guest, whose TDs are entered so often"""
        return self.build('td-smp', '-DMIGRATE', f'-DROUNDS={rounds}')

    def test_migration(self):
        """The guest's tests go on to their end, and all are ok"""
        machine = (*MACHINE, '-no-reboot')
        guest = self.build_tds(30000)
        vm, log = self.start('qemu0', guest, *machine)
        text = ''
        self.wait_for('TD that runs', lambda: '# migrate' in self.read(log))
        for hop in range(1, HOPS + 1):
            uri = f'unix:{self.socket_dir().name}/migration{hop}'
            target, target_log = self.start(f'qemu{hop}', guest, *machine,
                                            '-incoming', uri)
            vm.cmd('migrate', uri=uri)
            self.wait_status(target, 'running')
            self.assertEqual(target.cmd('x-tdx-check'), {'consistent': True})
            text += self.read(log)
            vm, log = target, target_log
        self.wait_status(vm, 'shutdown')
        self.assert_all_ok(text + self.read(log))

    def test_reset(self):
        """The machine starts again, again and again"""
        vm, log = self.start('qemu', self.build_tds(1000000), *MACHINE)
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
    BareGuestTest.main()
