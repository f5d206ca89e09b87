#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel of guest/build in a TD on KVM of the same kernel."""

from qemu_test import QemuSystemTest

import tdx_kvm

APPEND = 'console=ttyS0 panic=-1 swiotlb=2048 seam.mode=shell'
SHELL = 'A shell in the guest;'
# The echo of the question is not the answer; a UART that is polled takes time
ASK = 'echo td: $((6 * 7)) on $(nproc) CPUs; sleep 2; poweroff -f'


class TdxKvmLinux(tdx_kvm.TdxKvm):

    def shell(self, smp, options='', append=APPEND, **how):
        """What the host says of a TD whose shell was asked, and answered"""
        said = self.run_script(f'''
            mkfifo /tmp/in
            tdvmm --kernel bzImage --initrd initramfs.gz --mem 256M \\
                --smp {smp} {options} --append "{append}" \\
                < /tmp/in > /tmp/out 2>&1 &
            exec 3> /tmp/in
            n=0
            until grep -q "{SHELL}" /tmp/out || [ $((n++)) = 600 ]; do
                sleep 1
            done
            echo '{ASK}' >&3
            wait $!
            say "td ended with $?"
            sed "s/^/td: /" /tmp/out | say_lines
        ''', files=['KERNEL'], **how)
        wrote = '\n'.join(said)
        self.assertIn('td ended with 0', said, wrote)
        self.assertIn(f'td: td: 42 on {smp} CPUs', wrote)
        self.assertIn('tdx: Guest detected', wrote)
        return wrote

    def test_one_cpu(self):
        self.shell(1)

    def test_two_cpus(self):
        self.shell(2)

    def test_bounce_buffers(self):
        # The kernel makes 64 MiB shared, page by page
        self.shell(1, append=APPEND.replace('swiotlb=2048 ', ''))

    def test_accepted(self):
        # The loader accepts what was not added
        self.shell(2, '--ram accepted')


class TdxKvmLinuxStatic(tdx_kvm.TdxKvm):
    """Without Dynamic PAMT"""

    module = 'dynamic-pamt=off'
    dynamic = False
    shell = TdxKvmLinux.shell
    test_two_cpus = TdxKvmLinux.test_two_cpus


if __name__ == '__main__':
    QemuSystemTest.main()
