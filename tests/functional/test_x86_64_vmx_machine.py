#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole machine with VMs on its KVM: one after another, on each package,
and one that moves to another QEMU in the middle.

Each test boots the TDX host kernel with a script, which starts Debian's QEMU.
"""

import os
import re
import subprocess
import time

from qemu_test import QemuBaseTest
from seam import runner, tdxlog
from seam.paths import TOP

QUIET = 300         # seconds without a word are too many
VMS = 10
SPARE_KB = 65536    # what the kernel may keep, a small part of one VM

# Runs VMs one after another; the second has 4-level paging.
MANY = f'''
more= free=
for i in $(seq {VMS}); do
    [ $i = 2 ] && more=no5lvl || more=
    vm "seam.mode=poweroff quiet $more" > /tmp/vm 2>&1 < /dev/null
    say "vm $i: status $?, $(grep -c 'end of report' /tmp/vm) reports," \\
        "$(grep -c 'flags:.* la57' /tmp/vm) with la57"
    [ $i != 2 ] || say_free before
done
say_free after
say "left: $(ls -d /sys/kernel/debug/kvm/*-* 2> /dev/null | wc -l) VMs"
'''

# Runs two at a time, each on the CPUs of one package.
PACKAGES = '''
for package in 0 1; do
    cpus=$(grep -l "^$package$" \\
        /sys/devices/system/cpu/cpu*/topology/physical_package_id |
        sed 's/.*cpu\\([0-9]*\\)\\/.*/\\1/' | tr '\\n' ,)
    (taskset -cp ${cpus%,} $(cut -d ' ' -f 4 /proc/self/stat) > /dev/null
        vm "seam.mode=poweroff quiet" > /tmp/vm$package 2>&1 < /dev/null
        say "vm on package $package, CPUs ${cpus%,}: status $?," \\
            "$(grep -c 'end of report' /tmp/vm$package) reports"
        tail -n 3 /tmp/vm$package | while read -r line; do
            say "its end: $line"
        done) &
done
wait
'''

SHELL = 'A shell in the guest;'
ASK = b'echo vm: $((6 * 7)) on $(nproc) CPUs; poweroff -f\n'
ANSWER = re.compile(r'vm: 42 on 2 CPUs')


class VmxMachine(QemuBaseTest):
    """VMs in the machine"""

    timeout = 4 * QUIET

    def image(self, script):
        """An initramfs with the inner QEMU and a script"""
        path = self.scratch_file('script')
        with open(path, 'w', encoding='utf-8') as out:
            out.write(script)
        image = self.scratch_file('initramfs.gz')
        subprocess.run([TOP / 'guest/vmm', image, f'td/script={path}'],
                       check=True, stdin=subprocess.DEVNULL)
        return image

    def guest(self, name, image, smp, *extra):
        """A machine that runs the script"""
        guest = runner.Guest(
            runner.arguments(initramfs=image, mem='2G', smp=smp,
                             append='seam.mode=script', extra=extra),
            self.scratch_file(name))
        self.addCleanup(guest.close)
        return guest

    def run_script(self, script, smp):
        """What the machine says until it is off"""
        guest = self.guest('log', self.image(script), smp)
        self.assertEqual(guest.wait(QUIET), 'off', guest.text[-4000:])
        self.assertEqual(tdxlog.faults(guest.text), [])
        return guest.text

    def test_many(self):
        """Ten in a row, of which nothing is left; 5-level paging and 4-level"""
        said = self.run_script(MANY, '2')
        for i in range(1, VMS + 1):
            self.assertIn(f'vm {i}: status 0, 1 reports, {int(i != 2)} with '
                          'la57', said)
        self.assertIn('left: 0 VMs', said)
        free = [int(re.search(rf'free {when} (\d+) KB', said)[1])
                for when in ('before', 'after')]
        self.assertGreater(free[1], free[0] - SPARE_KB)

    def test_packages(self):
        """One VM on each of two packages, at the same time"""
        said = self.run_script(PACKAGES, '4,sockets=2')
        for package, cpus in enumerate(('0,1', '2,3')):
            self.assertIn(f'vm on package {package}, CPUs {cpus}: status 0, 1 '
                          'reports', said)

    def wait_for(self, guest, condition):
        """Until @condition holds of what the guest has said"""
        end = time.monotonic() + QUIET
        while not condition(guest.text):
            self.assertLess(time.monotonic(), end, guest.text[-4000:])
            time.sleep(0.1)

    def test_snapshot(self):
        """A VM at its shell is saved with the machine, and goes on elsewhere"""
        # Not quiet: it must not come to user space before its console does.
        image = self.image('vm seam.mode=shell\n'
                           'say "vm: QEMU ended with $?"\n')
        state = self.scratch_file('state')
        guest = self.guest('source', image, '2')
        end = time.monotonic() + QUIET
        self.assertTrue(guest.monitor.negotiate(end))
        self.wait_for(guest, lambda text: SHELL in text)
        guest.monitor.command('stop')
        guest.monitor.command('migrate', uri=f'file:{state}')
        while guest.monitor.command('query-migrate')['status'] != 'completed':
            self.assertLess(time.monotonic(), end + QUIET)
            time.sleep(0.1)
        guest.close()
        other = self.guest('target', image, '2', '-incoming', f'file:{state}')
        self.assertTrue(other.monitor.negotiate(time.monotonic() + QUIET))
        while other.monitor.command('query-status')['status'] == 'inmigrate':
            time.sleep(0.1)
        other.monitor.command('cont')
        other.process.stdin.write(ASK)
        other.process.stdin.flush()
        self.wait_for(other, lambda text: 'QEMU ended with 0' in text)
        self.assertTrue(ANSWER.search(other.text), other.text)
        self.assertEqual(tdxlog.faults(guest.text + other.text), [])


if __name__ == '__main__':
    QemuBaseTest.main()
