#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""TDs that work, end and die while the host has other worries.

Page pairs of Dynamic PAMT go back to none each time. The TDs run the kernel
of guest/build, and guest/td-init as their user space. SOAK=N does what is done
again and again N times as often.
"""

import os
import re
import subprocess
import unittest

from qemu_test import QemuSystemTest

import tdx_kvm
from guest_case import TOP
from test_x86_64_tdx_td import faults

SOAK = int(os.environ.get('SOAK') or 1)
# With a swiotlb of 4 MiB a small TD is enough; the report has a test of its own
HELPERS = '''
pairs() {
    added=$(sed -n 's/^adds //p' $pamt/state)
    say "pairs $1: $((added - $(sed -n 's/^removes //p' $pamt/state)))"
}
linux() {
    how=$1
    shift
    tdvmm --kernel bzImage --initrd initrd.gz --mem 128M --append \\
        "console=ttyS0,115200 quiet panic=-1 swiotlb=2048 td.report=0 $how" "$@"
}
'''
# More than a TD of 16 MiB has page pairs
REFUSED = 24
# Both are triple faults: a TD has no other way to reset
RESET = 4


class TdxKvmLoad(tdx_kvm.TdxKvm):

    def load(self, script, **machine):
        """Lines of a host on which @script ran TDs"""
        from seam import debian, programs, td
        initrd = self.scratch_file('initrd.gz')
        programs.replace(initrd, td.td_initramfs(debian.Kernel(
            self.need('build/guest/bzImage'))))
        said = self.run_script(HELPERS + script, files=[
            f'bzImage={self.need("build/guest/bzImage")}',
            f'initrd.gz={initrd}'], **machine)
        left = [line for line in said if line.startswith('pairs ')]
        self.assertTrue(left)
        self.assertEqual([line for line in left if not line.endswith(': 0')],
                         [])
        return said

    def assert_worked(self, said, name, tds):
        """All of them read back what they wrote"""
        wrote = self.assert_ended(said, name)
        self.assertEqual(wrote.count(', 1 different'), tds, wrote)

    def test_together(self):
        said = self.load('''
            run three linux td.do=work --tds 3
            pairs three
            run two linux td.do=work --tds 2 --smp 2
            pairs two
        ''')
        self.assert_worked(said, 'three', 3)
        self.assert_worked(said, 'two', 2)

    def test_reset(self):
        # What the kernel in the TD says of its end is no fault of the host's
        said = self.load('''
            for end in crash reboot; do
                linux td.do=$end > /tmp/out 2>&1 < /dev/null
                say "$end: ended with $?"
                pairs $end
            done
        ''')
        self.assert_ended(said, 'crash', RESET)
        self.assert_ended(said, 'reboot', RESET)

    def test_pressure(self):
        # The host's memory is full, and moved, while the TD uses all of its own
        said = self.load(f'''
            mount -t tmpfs -o size=100% full /tmp
            run td linux td.do=work --smp 2 &
            for i in $(seq {3 * SOAK}); do
                dd if=/dev/zero of=/tmp/full bs=1M count=1000 2> /dev/null
                echo 1 > /proc/sys/vm/compact_memory
                rm /tmp/full
            done
            wait
            pairs td
        ''', mem='1500M')
        self.assert_worked(said, 'td', 1)

    def test_cycles(self):
        # As lkvs has them: ten cycles of two and of five TDs
        said = self.load(f'''
            for i in $(seq {10 * SOAK}); do
                for tds in 2 5; do
                    tdvmm --payload hello.bin --mem 16M --tds $tds --quiet \\
                        > /tmp/out 2>&1 < /dev/null || say "failed: $?"
                done
            done
            pairs cycles
            run linux linux td.do=work --tds 2
            pairs linux
        ''')
        self.assertNotIn('failed', '\n'.join(said))
        self.assertEqual(self.calls['TDH.MNG.CREATE'][0], 70 * SOAK + 2)
        self.assert_worked(said, 'linux', 2)


    def test_kexec(self):
        # The next kernel initialises the module anew, and runs TDs
        self.start_script(HELPERS + '''
            run td tdvmm --payload hello.bin --mem 16M
            pairs td
            grep -q again /proc/cmdline ||
                kexec bzImage /sys/firmware/initrd "$(cat /proc/cmdline) again"
        ''', files=[f'bzImage={self.need("build/guest/bzImage")}'],
                          append='retain_initrd')
        self.wait_line(tdx_kvm.DONE)
        self.assertEqual(self.vm.cmd('x-tdx-check'), {'consistent': True})
        for log in self.boots(2):
            self.assert_initialized(log, dynamic=True)
            self.assertIn('Hello from a TD', log.text)
            self.assertIn('seam: td: ended with 0', log.lines)
            self.assertIn('seam: pairs td: 0', log.lines)

    def test_refused_pairs(self):
        # The n-th TD does not get its n-th pair, as long as there are so many
        from seam import tdxlog
        self.start_script(HELPERS + f'''
            for i in $(seq {REFUSED + 1}); do
                run $i tdvmm --payload hello.bin --mem 16M --ram added --quiet
                pairs $i
            done
        ''', extra=faults(*(
            ('tdh.phymem.pamt.add', 'operand_busy',
             {'nth': n * (n + 1) // 2, 'operand': 'rcx'})
            for n in range(1, REFUSED + 1))))
        self.wait_line(tdx_kvm.DONE)
        self.assertEqual(self.vm.cmd('x-tdx-check'), {'consistent': True})
        self.assert_nothing_left(dynamic=True)
        self.vm.shutdown()
        text = self.read_serial()
        # Pages of a vCPU mostly share pairs with those before
        for words in ('KVM_TDX_INIT_VM:', 'KVM_TDX_INIT_MEM_REGION ',
                      'Hello from a TD'):
            self.assertIn(words, text)
        self.assertGreater(len(re.findall(r'ended with 7', text)), 10)
        self.assertEqual(re.findall(r'seam: pairs .*: [^0].*', text), [])
        # The kernel says once that it has not expected that
        self.assertEqual([fault for fault in tdxlog.faults(text)
                          if 'region_add' not in fault and
                          'Call Trace' not in fault], [])


class TdCommandTest(unittest.TestCase):
    """make td: what it says of a TD with the kernel of guest/build"""

    def test_td(self):
        done = subprocess.run(
            [os.path.join(TOP, 'guest/td')], cwd=TOP, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={
                **os.environ, 'TIMEOUT': '600',
                'TDKERNEL': os.path.join(TOP, 'build/guest/bzImage')})
        self.assertEqual(done.returncode, 0, done.stdout)
        for words in ('td: report: data right', 'tdx: Guest detected',
                      ' at most, 0 after the TDs'):
            self.assertIn(words, done.stdout)


if __name__ == '__main__':
    QemuSystemTest.main()
