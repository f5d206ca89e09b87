# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests share that run a guest of tests/tcg/x86_64/system in a QEMU of
their own, to look at it, move it or reset it."""

import os
import re
import subprocess
import time

from qemu_test import QemuSystemTest

TOP = os.environ.get('SEAM_TOP', '')


class BareGuestTest(QemuSystemTest):
    """@seconds: how long to wait for anything"""

    seconds = 120
    timeout = 4 * seconds

    def build(self, name, *flags):
        """The program NAME.c, compiled with @flags"""
        script = os.path.join(TOP, 'scripts/bare-metal')
        if not TOP or not os.path.exists(script):
            self.skipTest('no scripts/bare-metal: SEAM_TOP must name the '
                          'top directory')
        guest = self.scratch_file(name)
        subprocess.run([script, '--build', os.path.join(
            TOP, f'tests/tcg/x86_64/system/{name}.c'), guest, *flags],
                       check=True)
        return guest

    def start(self, name, guest, *args):
        """Start a QEMU with the guest; its debug console goes to a file"""
        output = self.scratch_file(f'{name}.log')
        self.set_machine('q35')
        vm = self.get_vm('-nodefaults', '-cpu', 'TDXHost', '-smp', '2',
                         '-kernel', guest, '-debugcon', f'file:{output}',
                         *args, name=name)
        vm.launch()
        return vm, output

    def wait_for(self, what, condition):
        """Until @condition holds; returns what it has returned"""
        end = time.monotonic() + self.seconds
        while True:
            value = condition()
            if value:
                return value
            self.assertLess(time.monotonic(), end, f'no {what}')
            time.sleep(0.05)

    def wait_status(self, vm, status):
        """Until this is the run state"""
        self.wait_for(f'run state "{status}"', lambda: vm.cmd(
            'query-status')['status'] == status)

    @staticmethod
    def read(path):
        """What is in a file that may not be there yet"""
        if not os.path.exists(path):
            return ''
        with open(path, encoding='utf-8', errors='replace') as src:
            return src.read()

    def assert_all_ok(self, text):
        """As many tests of the guest as it has planned, and none failed"""
        plan = re.search(r'^1\.\.(\d+)$', text, re.M)
        self.assertTrue(plan, text)
        self.assertEqual(len(re.findall(r'^ok ', text, re.M)), int(plan[1]),
                         text)
