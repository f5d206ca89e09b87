#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""A real Linux kernel builds TDs, and takes them apart: nothing is left.

The kernel and the initramfs are those of guest/build, see
test_x86_64_tdx_host.py.  What each TD has is told in
guest/linux/*-Exercise-Dynamic-PAMT-with-whole-TDs.patch.
"""

import re

from qemu_test import QemuSystemTest

import test_x86_64_tdx_host as host

CPUS = 4
ROUNDS = 50
TDS = CPUS * ROUNDS

# Of each TD: how often each leaf is called
CALLS = {
    'TDH.MNG.CREATE': 1,
    'TDH.MNG.KEY.CONFIG': 1,
    'TDH.MNG.ADDCX': 6,
    'TDH.MNG.INIT': 1,
    'TDH.VP.CREATE': 1,
    'TDH.VP.ADDCX': 5,
    'TDH.VP.INIT': 1,
    'TDH.MEM.PAGE.ADD': 32,
    'TDH.MR.FINALIZE': 1,
    'TDH.MEM.PAGE.AUG': 32 + 1,
    'TDH.MEM.SEPT.ADD': 4,
    'TDH.MEM.PAGE.DEMOTE': 1,
    'TDH.MEM.PAGE.PROMOTE': 1,
    'TDH.MEM.PAGE.REMOVE': 64 + 1,
    'TDH.MEM.SEPT.REMOVE': 2,
    'TDH.VP.FLUSH': 1,
    'TDH.MNG.VPFLUSHDONE': 1,
    'TDH.PHYMEM.CACHE.WB': 1,
    'TDH.MNG.KEY.FREEID': 1,
    # The TDR, six TDCX, six pages of the vCPU, two of the Secure EPT
    'TDH.PHYMEM.PAGE.RECLAIM': 1 + 6 + 6 + 2,
}


def faults(*each):
    """QEMU's arguments for faults; each is a leaf, a status, and options"""
    arguments = []
    for i, (leaf, status, options) in enumerate(each):
        words = ['tdx-fault', f'id=f{i}', f'leaf={leaf}', f'status={status}']
        words += [f'{name}={value}' for name, value in options.items()]
        arguments += ['-object', ','.join(words)]
    return arguments


class TdxTd(host.TdxGuest):

    def exercise(self, pairs='4,1,1', tds=f'{CPUS},{ROUNDS}', **how):
        """Up to the end of the exercise, behind which the guest waits"""
        self.start(append=f'seam.mode=exercise seam.exercise={pairs} '
                   f'seam.tds={tds} seam.hold=exercise',
                   **{'smp': str(CPUS), 'mem': '2G', **how})
        self.wait_line('seam: exercise: done')
        self.assertIn('seam: tds: done', self.read_serial())
        self.assertEqual(self.vm.cmd('x-tdx-check'), {'consistent': True})

    def end(self):
        """The log, and the counts in it"""
        log, = self.boots()
        self.log.info('%s', log.pamt_counts)
        return log, log.pamt_counts

    def assert_all_good(self, counts, tds):
        self.assertEqual(counts['tds'], tds)
        self.assertEqual(counts['failures'], 0)
        self.assertEqual(counts['removes'], counts['adds'])

    def test_tds_and_ten_thousand_pairs(self):
        # Four threads build TDs, while four others need pairs for a moment.
        self.exercise('4,1,20000,10000')
        self.assert_nothing_left()
        leaves = self.leaves()
        for leaf, calls in CALLS.items():
            self.assertEqual((leaf, *leaves[leaf]), (leaf, calls * TDS, 0))
        log, counts = self.end()
        self.assert_initialized(log, dynamic=True)
        self.assert_all_good(counts, TDS)
        self.assertGreaterEqual(counts['adds'], 10000)
        # What the kernel counted is what the module did
        self.assertEqual(leaves['TDH.PHYMEM.PAMT.ADD'], (counts['adds'], 0))
        self.assertEqual(leaves['TDH.PHYMEM.PAMT.REMOVE'],
                         (counts['adds'], 0))

    def test_static_pamt(self):
        self.exercise(module='dynamic-pamt=off')
        self.assert_nothing_left(dynamic=False)
        log, counts = self.end()
        self.assert_initialized(log, dynamic=False)
        self.assert_all_good(counts, TDS)
        self.assertEqual(counts['adds'], 0)

    def test_two_packages(self):
        # Each has the TDs' keys and its caches.
        self.exercise(smp='4,sockets=2', tds='4,10')
        self.assert_nothing_left()
        leaves = self.leaves()
        self.assertEqual(leaves['TDH.MNG.KEY.CONFIG'], (80, 0))
        self.assertEqual(leaves['TDH.PHYMEM.CACHE.WB'], (80, 0))
        _, counts = self.end()
        self.assert_all_good(counts, 40)

    def test_more_threads_than_cpus(self):
        self.exercise(tds='16,5')
        self.assert_nothing_left()
        _, counts = self.end()
        self.assert_all_good(counts, 80)

    def test_with_erratum(self):
        # What comes back is written over before anybody reads it.
        self.exercise(cpu='TDXHost,partial-write-erratum=on', tds='4,5')
        self.assert_nothing_left()
        _, counts = self.end()
        self.assert_all_good(counts, 20)

    def test_interrupted_split_and_join(self):
        self.exercise(extra=faults(
            ('tdh.mem.page.demote', 'interrupted', {'count': 9}),
            ('tdh.mem.page.promote', 'interrupted', {'count': 7})))
        self.assert_nothing_left()
        leaves = self.leaves()
        self.assertEqual(leaves['TDH.MEM.PAGE.DEMOTE'], (TDS + 9, 9))
        self.assertEqual(leaves['TDH.MEM.PAGE.PROMOTE'], (TDS + 7, 7))
        _, counts = self.end()
        self.assert_all_good(counts, TDS)

    # --- failures ----------------------------------------------------------

    def messages(self, log):
        return [line.split('tdx_pamt: ', 1)[1] for line in log.kernel
                if 'virt/tdx: tdx_pamt: ' in line]

    def test_half_built(self):
        # Each fault hits another TD, which is destroyed as far as it is.
        hit = {'mng.init': 3, 'vp.addcx': 11, 'mem.sept.add': 42,
               'mem.page.add': 1000, 'mem.page.aug': 33 * 30 + 5,
               'mem.page.demote': 60, 'mem.page.remove': 65 * 80 + 30,
               'mem.sept.remove': 200}
        self.exercise(extra=faults(*(
            (f'tdh.{leaf}', 'operand_busy', {'operand': 'rcx', 'nth': nth})
            for leaf, nth in hit.items())))
        self.assert_nothing_left()
        log, counts = self.end()
        messages = self.messages(log)
        self.assertEqual(len(messages), len(hit), messages)
        for leaf in hit:
            self.assertEqual(
                len([m for m in messages if re.fullmatch(
                    rf'{leaf.upper()} of 0x\w+: 0x8000020000000001', m)]),
                1, f'{leaf}: {messages}')
        self.assertEqual(counts['failures'], len(hit))
        self.assertEqual(counts['tds'], TDS - len(hit))
        self.assertEqual(counts['removes'], counts['adds'])

    def test_not_joined(self):
        # The kernel does not get the pair of the large page back.
        self.exercise(extra=faults(
            ('tdh.mem.page.promote', 'operand_busy',
             {'operand': 'rcx', 'nth': 20})))
        self.assertEqual(self.vm.cmd('query-tdx-tds')['tds'], [])
        pamt = self.vm.cmd('query-tdx-pamt', view='summary')
        log, counts = self.end()
        self.assertEqual(len(self.messages(log)), 1, self.messages(log))
        self.assertEqual(counts['failures'], 1)
        left = sum(tdmr['counts'].get('pairs', 0) for tdmr in pamt['tdmrs'])
        self.assertEqual(counts['adds'] + 1 - counts['removes'], left)
        # That of the large page, and of where its own two pages are
        self.assertIn(left, (2, 3))

    def test_not_reclaimed(self):
        # A TD which has a page still cannot be destroyed.
        self.exercise(extra=faults(
            ('tdh.phymem.page.reclaim', 'operand_busy',
             {'operand': 'rcx', 'nth': 100})))
        td, = self.vm.cmd('query-tdx-tds')['tds']
        self.log.info('%s', td)
        log, counts = self.end()
        self.assertEqual(
            [m.split(': ')[1] for m in self.messages(log)],
            ['0x8000020000000001', '0xc000040000000000'])
        self.assertEqual(counts['failures'], 1)
        self.assertGreater(counts['adds'], counts['removes'])


if __name__ == '__main__':
    QemuSystemTest.main()
