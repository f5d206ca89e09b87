#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""The monitor sees the memory of a VMX guest and of a TD, by their page tables.

The first is tests/tcg/x86_64/system/vmx-ept.c, built to stay in non-root
operation with a page that EPT maps elsewhere, the other is td-mapping.c.
"""

import os
import re
import subprocess
import time

from qemu_test import QemuSystemTest

TOP = os.environ.get('SEAM_TOP', '')
SECONDS = 60
VALUE = 0x0123456789abcdef
ELSEWHERE = ~VALUE & (1 << 64) - 1


class VmxDebug(QemuSystemTest):
    """x, gva2gpa, info mem, info tlb, info registers"""

    timeout = 2 * SECONDS

    def symbol(self, program, name):
        """The address of one of its variables"""
        said = subprocess.run(['nm', program], check=True, text=True,
                              stdout=subprocess.PIPE).stdout
        return int(re.search(rf'^(\w+) \w {name}$', said, re.M)[1], 16)

    def start(self, name, *args):
        """Build the guest and start it; returns the program"""
        script = os.path.join(TOP, 'scripts/bare-metal')
        if not TOP or not os.path.exists(script):
            self.skipTest('no scripts/bare-metal: SEAM_TOP must name the '
                          'top directory')
        program = self.scratch_file(name)
        output = self.scratch_file('output')
        subprocess.run([script, '--build', os.path.join(
            TOP, f'tests/tcg/x86_64/system/{name}.c'), program, '-DHOLD'],
            check=True)
        self.set_machine('q35')
        self.vm.add_args('-nodefaults', '-cpu', 'TDXHost', '-kernel', program,
                         '-debugcon', f'file:{output}', *args)
        self.vm.launch()
        return program

    def wait_for(self, want, address):
        """The guest says that it is about to enter, not that it has."""
        end = time.monotonic() + SECONDS
        said = ''
        while f'{want:#018x}' not in said:
            self.assertLess(time.monotonic(), end, said)
            time.sleep(0.05)
            said = self.hmp(f'x /1gx {address:#x}')

    def test_vmx(self):
        """x and gva2gpa find the page where EPT has it"""
        program = self.start('vmx-ept', '-m', '128M')
        data = self.symbol(program, 'data')
        self.wait_for(ELSEWHERE, data + 8)
        said = self.hmp(f'gva2gpa {data:#x}')
        self.assertEqual(int(said.split()[-1], 16),
                         self.symbol(program, 'other'))
        said = self.hmp('info registers')
        self.assertRegex(said, r'VMX=guest VMCS=\w{16} VPID=0000 EPTP=\w{16}')
        # Physical memory is still what it was.
        said = self.hmp(f'xp /1gx {data + 8:#x}')
        self.assertIn('0x0123456789abcdef', said)

    def test_td(self):
        """They find what only the TD has, and the host's view is zero"""
        program = self.start('td-mapping', '-m', '2G', '-device',
                             'tdx-module')
        page = self.symbol(program, 'page')
        self.wait_for(VALUE, page)
        said = self.hmp(f'gva2gpa {page:#x}')
        hpa = int(said.split()[-1], 16)
        self.assertGreaterEqual(hpa, 1 << 30)
        said = self.hmp(f'xp /1gx {hpa:#x}')
        self.assertIn('0x0000000000000000', said)
        said = self.hmp('info mem')
        self.assertIn('0000000000000000-0000000100000000', said)
        said = self.hmp('info tlb')
        self.assertIn('0000000000000000: 0000000000000000', said)

    def hmp(self, command):
        """What the human monitor answers"""
        return self.vm.cmd('human-monitor-command', command_line=command)


if __name__ == '__main__':
    QemuSystemTest.main()
