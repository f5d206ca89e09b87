#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""VMX operation and a pending INIT move to another QEMU.

The guest is tests/tcg/x86_64/system/smp-init.c, which waits for an NMI at the
moment when its second processor is in VMX operation and an INIT waits there.
"""

import os
import re
import subprocess
import time

from qemu_test import QemuSystemTest

TOP = os.environ.get('SEAM_TOP', '')
SECONDS = 60


class VmxMigration(QemuSystemTest):
    """One migration by a socket"""

    timeout = 4 * SECONDS

    def start(self, name, guest, *args):
        """Start a QEMU with the guest; its debug console goes to a file"""
        output = self.scratch_file(f'{name}.log')
        self.set_machine('q35')
        vm = self.get_vm('-nodefaults', '-cpu', 'TDXHost',
                         '-smp', '2', '-m', '128M', '-no-reboot',
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

    def test_migration(self):
        """The guest's tests go on to their end, and all are ok"""
        script = os.path.join(TOP, 'scripts/bare-metal')
        if not TOP or not os.path.exists(script):
            self.skipTest('no scripts/bare-metal: SEAM_TOP must name the '
                          'top directory')
        guest = self.scratch_file('smp-init')
        subprocess.run([script, '--build',
                        os.path.join(TOP, 'tests/tcg/x86_64/system/'
                                     'smp-init.c'), guest, '-DMIGRATE'],
                       check=True)
        uri = f'unix:{self.socket_dir().name}/migration'
        source, source_log = self.start('source', guest)
        target, target_log = self.start('target', guest, '-incoming', uri)
        self.wait_for('"migrate" from the guest',
                      lambda: '# migrate' in self.read(source_log))
        source.cmd('migrate', uri=uri)
        self.wait_for('end of the migration', lambda: target.cmd(
            'query-status')['status'] == 'running')
        target.cmd('inject-nmi')
        self.wait_for('end of the guest', lambda: target.cmd(
            'query-status')['status'] == 'shutdown')
        text = self.read(source_log) + self.read(target_log)
        plan = re.search(r'^1\.\.(\d+)$', text, re.M)
        self.assertTrue(plan, text)
        self.assertEqual(len(re.findall(r'^ok ', text, re.M)), int(plan[1]),
                         text)


if __name__ == '__main__':
    QemuSystemTest.main()
