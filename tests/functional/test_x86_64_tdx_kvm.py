#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""What TDs on KVM of a real Linux find: guest/tdvmm/payload/kvm*.c.

The behaviours and their order are those of the tests which Google posted for
KVM.  One boot of the host runs them all, each in a TD of its own.
"""

import mmap
import os
import re

from qemu_test import QemuSystemTest

import tdx_kvm

SMP = 2
SECRET = 14     # the number of the test that has one
SECRET_SEED = 0x6b1f03

# By number: name, the test's own argument, options of tdvmm, how it ends
TESTS = {
    1: ('lifecycle', 0, '--exits', 0),
    2: ('fatal error', 0, '', 5),
    3: ('port', 0, '--exits', 0),
    4: ('CPUID', 0, '', 0),
    5: ('GetTdVmCallInfo', 0, '--exits', 0),
    6: ('port writes', 0, '--exits', 0),
    7: ('port reads', 0, '', 0),
    8: ('MSR read', 0, '--exits', 0),
    9: ('MSR write', 0, '--exits', 0),
    10: ('HLT', 0, '', 0),
    11: ('MMIO reads', 0, '', 0),
    12: ('MMIO writes', 0, '--exits', 0),
    13: ('CPUID by TDVMCALL', 0, '', 0),
    SECRET: ('private page', SECRET_SEED, '', 0),
    # vCPUs of the TD, and of the host
    15: ('VP.INFO', 2 | SMP << 8, '--smp 2', 0),
    16: ('shared page', 0, '', 0),
    17: ('MapGPA', 0, '--exits', 0),
    18: ('implicit conversion', 0, '--exits', 0),
    19: ('dirty log', 0, '', 0),
}

SCRIPT = ''.join(
    f'run t{n} tdvmm --payload kvm.bin --seconds 120 {options} '
    f'--argument {argument << 8 | n}\n'
    for n, (_, argument, options, _) in TESTS.items())


class TdxKvmTests(tdx_kvm.TdxKvm):

    said = {}       # by class: what all tests said in the one boot
    seen = {}       # how often the private and the shared value was found

    def setUp(self):
        super().setUp()
        kind = type(self)
        if kind not in self.said:
            self.said[kind] = None
            self.start_script(SCRIPT, mem='1G')
            self.seen[kind] = self.search()
            self.said[kind] = self.end_script()
        self.assertIsNotNone(self.said[kind], 'the host came to no end')

    def search(self):
        """Where the host's memory has what the TD of SECRET says it wrote"""
        # It says that, and goes on some seconds later
        self.wait_line(f't{SECRET}: shared: ')
        self.vm.cmd('stop')
        dump = self.scratch_file('memory')
        self.vm.cmd('pmemsave', val=0, size=1 << 30, filename=dump)
        self.vm.cmd('cont')
        found = {}
        with open(dump, 'rb') as src, \
                mmap.mmap(src.fileno(), 0, access=mmap.ACCESS_READ) as memory:
            for name in ('private', 'shared'):
                value = int(re.search(rf't{SECRET}: {name}: (0x\w+)',
                                      self.read_serial())[1], 16)
                found[name] = memory.find(value.to_bytes(8, 'little')) >= 0
        os.unlink(dump)
        return found

    def ended(self, number):
        """What the test's TD and tdvmm wrote; it ended as it is to end"""
        name, _, _, status = TESTS[number]
        wrote = self.assert_ended(self.said[type(self)], f't{number}', status)
        if not status:
            self.assertIn(f'ok {name}', wrote.splitlines(), wrote)
        return wrote

    def exits(self, number):
        """The exits which tdvmm saw, but the one that ended the TD"""
        found = re.findall(r'^tdvmm: exit (.*)', self.ended(number), re.M)
        return [line for line in found if not line.startswith('out 0x500 ')]

    def test_01_lifecycle(self):
        self.assertEqual(self.exits(1), ['out 0x510 size 1 value 0xa1'])

    def test_02_fatal_error(self):
        self.assertIn(
            'tdvmm: the guest reports a fatal error 0x5eed: Eight registers '
            'carry what a guest says before it gives it up.', self.ended(2))

    def test_03_port(self):
        self.assertEqual(self.exits(3), [
            'in 0x510 size 1 value 0', 'out 0x510 size 1 value 0xa5',
            'in 0x510 size 1 value 0xa5', 'in 0x7ff size 1 value 0xff'])

    def test_04_cpuid(self):
        self.ended(4)

    def test_05_call_info(self):
        # Leaf 0 is KVM's own
        self.assertEqual(self.exits(5), ['tdvmcall 0x10000',
                                         'tdvmcall 0x10004'])

    def test_06_port_writes(self):
        self.assertEqual(self.exits(6)[:3], [
            'out 0x510 size 4 value 0x12345678',
            'out 0x514 size 2 value 0x9abc',
            'out 0x516 size 1 value 0xde'])

    def test_07_port_reads(self):
        self.ended(7)

    def test_08_msr_read(self):
        self.assertEqual(self.exits(8), ['rdmsr 0x200'])

    def test_09_msr_write(self):
        msrs = [f'{0x200 + n:#x}' for n in range(8)]
        self.assertEqual(self.exits(9), [f'wrmsr {msr}' for msr in msrs] +
                         [f'rdmsr {msr}' for msr in msrs])

    def test_10_halt(self):
        self.ended(10)

    def test_11_mmio_reads(self):
        self.ended(11)

    def test_12_mmio_writes(self):
        self.assertEqual(self.exits(12)[:4], [
            'mmio write 0xd0000100 size 1 value 0x1',
            'mmio write 0xd0000101 size 1 value 0x2',
            'mmio write 0xd0000102 size 2 value 0x403',
            'mmio write 0xd0000104 size 4 value 0x8070605'])

    def test_13_cpuid_call(self):
        self.ended(13)

    def test_14_private_page(self):
        self.ended(SECRET)
        self.assertEqual(self.seen[type(self)],
                         {'private': False, 'shared': True})

    def test_15_info(self):
        self.ended(15)

    def test_16_shared_page(self):
        self.ended(16)

    def test_17_map_gpa(self):
        # Nothing was converted without being asked for
        self.assertEqual([e for e in self.exits(17) if 'memory-fault' in e],
                         [])
        self.assertEqual([e for e in self.exits(17) if 'map-gpa' in e],
                         ['map-gpa 0x1000000-0x11fffff shared',
                          'map-gpa 0x1000000-0x11fffff private'])

    def test_18_implicit(self):
        self.assertEqual([e for e in self.exits(18) if 'map-gpa' in e], [])
        faults = [e for e in self.exits(18) if 'memory-fault' in e]
        self.assertEqual(faults[:2],
                         ['memory-fault 0x1000000-0x1000fff shared',
                          'memory-fault 0x1000000-0x1000fff private'])
        # The first page twice, the others once
        self.assertEqual(len(faults), 2 * (512 + 1))

    def test_19_dirty_log(self):
        self.ended(19)


class TdxKvmTestsStatic(TdxKvmTests):
    """The same without Dynamic PAMT"""

    module = 'dynamic-pamt=off'
    dynamic = False


if __name__ == '__main__':
    QemuSystemTest.main()
