#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM of a real Linux builds TDs and takes them apart, at each stage."""

import re

from qemu_test import QemuSystemTest

import tdx_kvm
import test_x86_64_tdx_td as td

STAGES = ('vm', 'init', 'vcpus', 'memory', 'finalize')
KILLS = 100
# Of the leaves with which KVM builds a TD, those that it calls once
NOT_REPEATED = ('tdh.mng.create', 'tdh.mng.key.config', 'tdh.mng.addcx',
                'tdh.mng.init', 'tdh.vp.create', 'tdh.vp.addcx',
                'tdh.vp.init', 'tdh.vp.wr', 'tdh.mr.extend')
# and those that it calls again, or of whose failure it makes nothing
REPEATED = ('tdh.mem.sept.add', 'tdh.mem.page.add', 'tdh.mr.finalize',
            'tdh.mng.rd')
# With which it takes one apart
ENDING = ('tdh.mng.vpflushdone', 'tdh.mng.key.freeid', 'tdh.phymem.page.reclaim',
          'tdh.phymem.page.wbinvd')


class TdxKvmLife(tdx_kvm.TdxKvm):

    def test_stages(self):
        said = self.run_script(''.join(
            f'run {stage} tdvmm --payload hello.bin --mem 8M --smp 2 '
            f'--ram added --repeat 5 --stage {stage}\n' for stage in STAGES))
        for stage in STAGES:
            self.assertIn('1 TDs came to stage',
                          self.assert_ended(said, stage))

    def test_all_keyids(self):
        said = self.run_script('''
            one="tdvmm --payload hello.bin --mem 2M --stage finalize"
            run all $one --tds $(tds)
            run more $one --tds $(($(tds) + 1))
            run again $one --tds $(tds)
            say "tds $(tds)"
        ''')
        wrote = self.assert_ended(said, 'all')
        self.assertEqual(wrote, self.assert_ended(said, 'again'))
        self.assertIn('all KeyIDs are used up',
                      self.assert_ended(said, 'more', 7))
        tds = re.search(r'(\d+) TDs came', wrote)[1]
        self.assertIn(f'tds {tds}', said)

    def test_refused(self):
        said = self.run_script('''
            run smp tdvmm --payload hello.bin --smp 3
            run attributes tdvmm --payload hello.bin --attributes 0x10000001
            run memory tdvmm --payload hello.bin --load 0x10000000
            run kernel tdvmm --kernel hello.bin
        ''')
        for name, why in (('smp', 'as many as the host has CPUs'),
                          ('attributes', 'the attributes 0x10000000'),
                          ('memory', 'a larger --mem'),
                          ('kernel', 'no bzImage')):
            self.assertIn(why, self.assert_ended(said, name, 7))

    def test_killed(self):
        # At any point between the first ioctl and the last reclaimed page
        said = self.run_script(f'''
            n=0
            while [ $n -lt {KILLS} ]; do
                tdvmm --payload hello.bin --mem 4M --ram added --smp 2 \\
                    --tds 2 --repeat 1000 --stage finalize \\
                    > /dev/null 2>&1 &
                usleep $((RANDOM * 15))
                kill -9 $! && n=$((n + 1))
                wait $! 2> /dev/null
            done
            say "killed $n"
            run after tdvmm --payload hello.bin --tds 20 --stage finalize
        ''')
        self.assertIn(f'killed {KILLS}', said)
        self.assert_ended(said, 'after')


class TdxKvmLifeFaults(tdx_kvm.TdxKvm):
    """Each leaf fails once: KVM warns, that TD ends, and no other notices"""

    mistakes = '.*'

    def fail(self, leaves, tds):
        """The log of @tds TDs one after another while each leaf fails once"""
        self.start_script(''.join(
            f'run td{n} tdvmm --payload hello.bin --mem 8M --ram added\n'
            for n in range(tds)), extra=td.faults(
                *((leaf, 'operand_busy', {'count': 1, 'operand': 'rcx'})
                  for leaf in leaves)))
        self.wait_line(tdx_kvm.DONE)
        self.assertEqual(self.vm.cmd('x-tdx-check'), {'consistent': True})
        failed = {name for name, (_, errors) in self.leaves().items()
                  if errors}
        self.assertLessEqual({leaf.upper() for leaf in leaves}, failed)
        return self.read_serial()

    def assert_ends(self, text, failing, tds):
        """So many TDs end badly, and no TD after them"""
        ends = [re.search(rf'seam: td{n}: ended with (\d+)', text)[1]
                for n in range(tds)]
        self.assertEqual(ends, ['7'] * failing + ['0'] * (tds - failing))

    def test_building(self):
        # One TD ends by each of those that KVM does not repeat
        tds = len(NOT_REPEATED) + 2
        text = self.fail(NOT_REPEATED + REPEATED, tds)
        self.assert_ends(text, len(NOT_REPEATED), tds)
        self.assertEqual(len(re.findall(r'WARNING: at ', text)),
                         len(NOT_REPEATED))
        for leaf in NOT_REPEATED:
            name = leaf.upper().replace('.', '_')
            self.assertRegex(text, rf'kvm_intel: (SEAMCALL )?{name}\b.* failed: '
                             '0x8000020000000001')
        self.assert_nothing_left(dynamic=True)

    def test_ending(self):
        # What KVM then gives up is lost, a KeyID or a page, but nothing else
        text = self.fail(ENDING, len(ENDING) + 1)
        self.assert_ends(text, 0, len(ENDING) + 1)
        self.assertIn('is leaked', text)


class TdxKvmLifeStatic(tdx_kvm.TdxKvm):
    """Without Dynamic PAMT"""

    module = 'dynamic-pamt=off'
    dynamic = False
    test_stages = TdxKvmLife.test_stages
    test_killed = TdxKvmLife.test_killed


class TdxKvmLifeErratum(tdx_kvm.TdxKvm):
    """Where a partial write makes private memory poison"""

    test_killed = TdxKvmLife.test_killed

    def start_script(self, *args, **how):
        super().start_script(
            *args, cpu='TDXHost,partial-write-erratum=on', **how)


if __name__ == '__main__':
    QemuSystemTest.main()
