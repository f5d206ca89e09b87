#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""The monitor sees a VMX guest's memory through its page tables and EPT.

The guest is tests/tcg/x86_64/system/vmx-ept.c, built to stay in non-root
operation with a page that EPT maps elsewhere.
"""

import os
import re
import subprocess
import time

from qemu_test import QemuSystemTest

TOP = os.environ.get('SEAM_TOP', '')
SECONDS = 60
ELSEWHERE = ~0x0123456789abcdef & (1 << 64) - 1


class VmxDebug(QemuSystemTest):
    """x and gva2gpa"""

    timeout = 2 * SECONDS

    def symbol(self, program, name):
        """The address of one of its variables"""
        said = subprocess.run(['nm', program], check=True, text=True,
                              stdout=subprocess.PIPE).stdout
        return int(re.search(rf'^(\w+) \w {name}$', said, re.M)[1], 16)

    def test_monitor(self):
        """Both find the page where EPT has it"""
        script = os.path.join(TOP, 'scripts/bare-metal')
        if not TOP or not os.path.exists(script):
            self.skipTest('no scripts/bare-metal: SEAM_TOP must name the '
                          'top directory')
        program = self.scratch_file('vmx-ept')
        output = self.scratch_file('output')
        subprocess.run([script, '--build', os.path.join(
            TOP, 'tests/tcg/x86_64/system/vmx-ept.c'), program, '-DHOLD'],
            check=True)
        data = self.symbol(program, 'data')
        other = self.symbol(program, 'other')
        self.set_machine('q35')
        self.vm.add_args('-nodefaults', '-cpu', 'TDXHost', '-m', '128M',
                         '-kernel', program, '-debugcon', f'file:{output}')
        self.vm.launch()
        end = time.monotonic() + SECONDS
        want = f'{ELSEWHERE:#018x}'
        said = ''
        # The guest says that it is about to enter, not that it has.
        while want not in said:
            self.assertLess(time.monotonic(), end, said)
            time.sleep(0.05)
            said = self.hmp(f'x /1gx {data + 8:#x}')
        said = self.hmp(f'gva2gpa {data:#x}')
        self.assertEqual(int(said.split()[-1], 16), other)
        # Physical memory is still what it was.
        said = self.hmp(f'xp /1gx {data + 8:#x}')
        self.assertIn('0x0123456789abcdef', said)

    def hmp(self, command):
        """What the human monitor answers"""
        return self.vm.cmd('human-monitor-command', command_line=command)


if __name__ == '__main__':
    QemuSystemTest.main()
