#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""TDs that run move to another QEMU, and a reset ends them.

The guest is tests/tcg/x86_64/system/td-smp.c: both of its processors are in
TDs nearly all the time.
"""

import os
import time

from bare_guest import BareGuestTest

MODULE = 'tdx-module'
MACHINE = ('-m', '2G', '-no-shutdown')
HOPS = 3


class TdMigration(BareGuestTest):
    """One guest for each test"""

    def build_tds(self, rounds):
        """The guest, whose TDs are entered so often"""
        return self.build('td-smp', '-DMIGRATE', f'-DROUNDS={rounds}')

    def test_migration(self):
        """The guest's tests go on to their end, and all are ok"""
        machine = ('-device', MODULE, *MACHINE, '-no-reboot')
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
        vm, log = self.start('qemu', self.build_tds(1000000), '-device',
                             MODULE, *MACHINE)
        for times in range(1, 4):
            self.wait_for('TD that runs', lambda n=times:
                          self.read(log).count('# migrate') == n)
            time.sleep(0.3)
            vm.cmd('system_reset')
        self.wait_for('TD that runs',
                      lambda: self.read(log).count('# migrate') == 4)
        self.assertEqual(vm.cmd('x-tdx-check'), {'consistent': True})
        self.assertNotIn('not ok', self.read(log))

    def job(self, vm, command, **args):
        """Run one to its end; returns its error or None"""
        vm.cmd(command, job_id='job', **args)
        job = self.wait_for('end of the job', lambda: [
            j for j in vm.cmd('query-jobs') if j['status'] == 'concluded'])[0]
        vm.cmd('job-dismiss', id='job')
        return job.get('error')

    def start_with_disk(self, name, module):
        """A machine with TDs that run, and a disk for its state"""
        disk = self.scratch_file('disk.qcow2')
        made = os.path.exists(disk)
        vm, log = self.start(name, self.build_tds(1000000), '-device', module,
                             *MACHINE)
        if not made:
            with open(disk, 'wb'):
                pass
        vm.cmd('blockdev-add', driver='file', node_name='file', filename=disk)
        if not made:
            self.assertIsNone(self.job(vm, 'blockdev-create', options={
                'driver': 'qcow2', 'file': 'file', 'size': 1 << 20}))
        vm.cmd('blockdev-add', driver='qcow2', node_name='disk', file='file')
        self.wait_for('TD that runs', lambda: '# migrate' in self.read(log))
        return vm, log

    @staticmethod
    def stopped_in_td(vm):
        """Stop, but go on if it was not a TD's turn then"""
        vm.cmd('stop')
        if 'VMX=TD' in vm.cmd('human-monitor-command',
                              command_line='info registers -a'):
            return True
        vm.cmd('cont')
        return False

    def test_failed_load(self):
        """The state of TDs on another module is refused: they cannot go on"""
        where = {'tag': 'tag', 'vmstate': 'disk', 'devices': ['disk']}
        vm, _ = self.start_with_disk('saved', MODULE)
        self.wait_for('processor in a TD', lambda: self.stopped_in_td(vm))
        self.assertIsNone(self.job(vm, 'snapshot-save', **where))
        vm.shutdown()
        vm, log = self.start_with_disk('other', f'{MODULE},max-tdmrs=32')
        self.assertTrue(self.job(vm, 'snapshot-load', **where))
        before = self.read(log).count('# migrate')
        vm.cmd('cont')
        # From the start
        self.wait_for('TD that runs', lambda:
                      self.read(log).count('# migrate') > before)
        self.assertEqual(vm.cmd('x-tdx-check'), {'consistent': True})
        vm.shutdown()
        self.assertIn('the machine is reset', vm.get_log())


if __name__ == '__main__':
    BareGuestTest.main()
