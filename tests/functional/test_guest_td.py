#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""guest/td: what is read of a run, and that nothing bad counts as good."""

import copy
import os
import unittest
from unittest import mock

from seam import Problem, inputs, td, tdguest, tdxlog
from tap_main import main

MRTD = 'ab' * 48
HOST = '''[    0.7] virt/tdx: Enable Dynamic PAMT
[    0.7] virt/tdx: 84 KB allocated for PAMT
[    0.7] virt/tdx: TDX-Module initialized
[    3.4] seam: tds: begin, 1999380 kB
'''
SAID = f'''[    7.1] td: user space after 7.00 s
[    7.1] td: Linux 6.12, 1 CPUs, 151012 KB
[    7.2] td: kernel: tdx: Guest detected
[    7.2] td: kernel: Memory Encryption Features active: Intel TDX
[    7.3] td: report: mrtd {MRTD}
[    7.3] td: report: data right
[    7.4] td: quote: refused, Input/output error
[    7.5] td: off
'''
END = '''[   38.0] seam: tds: VMM ended with 0
[   39.1] seam: tds: end
'''


def leaf(calls, errors=0):
    return {'calls': calls, 'errors': errors}


class TdTest(unittest.TestCase):

    def setUp(self):
        env = mock.patch.dict(os.environ, {'DPAMT': ''})
        env.start()
        self.addCleanup(env.stop)
        self.watch = td.Watch(MRTD)
        self.watch.most = 12
        self.watch.mrtds = {0x1000: MRTD}
        self.watch.leaves = {'TDH.PHYMEM.PAMT.ADD': leaf(15, 1),
                             'TDH.PHYMEM.PAMT.REMOVE': leaf(14)}
        self.watch.end = {'keyids': {'assigned': 0, 'flushed': 0}, 'tds': 0,
                          'check': {'consistent': True}}

    def wrong(self, text=HOST + SAID + END, watch=None, end='off', **env):
        """Titles of the facts that are not so"""
        return [title for title, good in td.facts(
            tdxlog.TdxLog(text), watch or self.watch, inputs.Tds(env),
            tdguest.tds_of(text), end) if not good]

    def test_good(self):
        self.assertEqual(self.wrong(), [])

    def test_each_line_counts(self):
        for line in ('virt/tdx: Enable', 'TDX-Module initialized',
                     'user space after', 'Guest detected',
                     'Memory Encryption', 'data right', 'report: mrtd',
                     'VMM ended with'):
            text = '\n'.join(each for each in (HOST + SAID + END).splitlines()
                             if line not in each)
            self.assertEqual(len(self.wrong(text)), 1, line)

    def test_other_words(self):
        good = HOST + SAID + END
        for old, new in ((MRTD, 'cd' * 48), ('data right', 'data wrong'),
                         ('ended with 0', 'ended with 5'),
                         ('td: off', 'td: kernel: WARNING: at x.c')):
            self.assertEqual(len(self.wrong(good.replace(old, new))), 1, old)
        self.assertEqual(len(self.wrong(end='stuck')), 1)

    def test_what_is_left(self):
        for change in (
                lambda w: w.leaves.update({
                    'TDH.PHYMEM.PAMT.REMOVE': leaf(14, 1)}),
                lambda w: w.end.update(tds=1),
                lambda w: w.end['keyids'].update(assigned=1),
                lambda w: w.end['keyids'].update(flushed=1),
                lambda w: w.end['check'].update(consistent=False),
                lambda w: w.mrtds.update({0x2000: 'cd' * 48}),
                lambda w: setattr(w, 'most', 0)):
            watch = copy.deepcopy(self.watch)
            change(watch)
            self.assertEqual(len(self.wrong(watch=watch)), 1)
        watch = copy.deepcopy(self.watch)
        watch.end = None
        self.assertGreater(len(self.wrong(watch=watch)), 2)

    def test_several(self):
        """Each of them must say it all"""
        lines = SAID.splitlines(keepends=True)
        both = ''.join(f'td{n}: {line}' for line in lines for n in (0, 1))
        self.assertEqual(self.wrong(HOST + both + END, TDS='2'), [])
        self.assertEqual(self.wrong(HOST + SAID + END, TDS='2')[0],
                         'each TD comes to user space')

    def test_static(self):
        """Without Dynamic PAMT there are no page pairs"""
        self.watch.most, self.watch.leaves = 0, {}
        text = HOST.replace('Enable', 'No') + SAID + END
        self.assertEqual(len(self.wrong(text)), 1)
        with mock.patch.dict(os.environ, {'DPAMT': '0'}):
            self.assertEqual(self.wrong(text), [])

    def test_inputs(self):
        for bad in ({'VMM': 'kvmtool'}, {'TDS': '0'}, {'TDSMP': 'x'},
                    {'TDMEM': '64M'}, {'TDMEM': 'much'},
                    {'TDKERNEL': '/nowhere'}, {'TDKERNEL': __file__}):
            with self.assertRaises(Problem, msg=bad):
                inputs.Tds(bad)
        tds = inputs.Tds({'TDMEM': '1G', 'TDS': '3'})
        self.assertEqual((tds.mib, tds.number, tds.vmm), (1024, 3, 'own'))

    def test_quoted(self):
        self.assertEqual(td.quoted("a'b c"), "'a'\\''b c'")


if __name__ == '__main__':
    main()
