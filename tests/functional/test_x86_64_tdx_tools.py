#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways to boot a TDX host kernel, by the command lines of the documentation."""

import os
import re
import shutil
import subprocess

from qemu_test import QemuSystemTest

from tdx_docs import DYNAMIC, INITIALIZED, DocumentedCase

TOOLS = 'docs/system/i386/tdx-tools.rst'
OVMF = '/usr/share/OVMF/OVMF_CODE_4M.fd'


class CommandLines(DocumentedCase):
    """QEMU with -kernel"""

    def test_readme(self):
        self.run_until(self.command('README.md', '-cpu TDXHost',
                                    '-kernel bzImage'), DYNAMIC, INITIALIZED)

    def report(self, command):
        said = self.run_until(command, 'seam: end of report')
        self.assertIn(DYNAMIC, said)
        self.assertIn(INITIALIZED, said)

    def test_first_boot(self):
        self.report(self.command('docs/system/i386/seam.rst', '-initrd'))

    def test_kernel(self):
        self.report(self.command(TOOLS, '-kernel bzImage', 'no_timer_check',
                                 but='-icount'))


class DiskImage(DocumentedCase):
    """GRUB loads the kernel from a disk image"""

    def boot(self, command, platform):
        for program, package in (('grub-mkimage', 'grub-common'),
                                 ('mformat', 'mtools')):
            if not shutil.which(program):
                self.skipTest(f'no {program}; install {package}')
        made = self.command(TOOLS, 'guest/disk-image disk.img')
        self.assertEqual(self.run_until(made), '')
        said = self.run_until(command, 'reboot: Power down')
        self.assertIn(f'GRUB on {platform}', said)
        self.assertIn('smp: Brought up 1 node, 4 CPUs', said)
        self.assertIn(DYNAMIC, said)
        self.assertIn(INITIALIZED, said)

    def test_seabios(self):
        self.boot(self.command(TOOLS, 'qemu-system', 'file=disk.img',
                               but='pflash'), 'pc')

    def test_ovmf(self):
        if not os.path.exists(OVMF):
            self.skipTest(f'no {OVMF}; install ovmf')
        # The page says that an older OVMF needs a CPU without 1 GiB pages.
        cpu = '-cpu TDXHost'
        if self.ovmf_year() < 2023:
            cpu = self.command(TOOLS, 'pdpe1gb=off')
        command = self.command(TOOLS, 'file=disk.img', 'OVMF_CODE_4M.fd')
        self.boot(command.replace('-cpu TDXHost', cpu), 'efi')

    @staticmethod
    def ovmf_year():
        """The year of OVMF's release, with which its package's version begins"""
        done = subprocess.run(['dpkg-query', '-W', '-f', '${Version}', 'ovmf'],
                              stdout=subprocess.PIPE, text=True, check=True)
        return int(re.match(r'\d{4}', done.stdout)[0])


class Vng(DocumentedCase):
    """virtme-ng, which runs a kernel on the host's own files"""

    def test_vng(self):
        if not shutil.which('vng'):
            self.skipTest('no vng; install virtme-ng')
        command = self.command(TOOLS, 'vng', but='--exec')
        said = self.run_until(command, INITIALIZED,
                              typed='dmesg | grep virt/tdx\n')
        self.assertIn(DYNAMIC, said)


if __name__ == '__main__':
    QemuSystemTest.main()
