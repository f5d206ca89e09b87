#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Real Linux kernels and -object tdx-fault: the ways out that Linux takes.

The kernel and the initramfs are those of guest/build, see
test_x86_64_tdx_host.py.
"""

import time

from qemu_test import QemuSystemTest

import test_x86_64_tdx_host as host

# How Linux ends when a SEAMCALL of its initialisation fails
FAILED = 'virt/tdx: TDX-Module initialization failed (-5)'


def fault(leaf, status, **options):
    """QEMU's arguments for a fault f0"""
    words = ['tdx-fault', 'id=f0', f'leaf={leaf}', f'status={status}']
    words += [f'{name}={value}' for name, value in options.items()]
    return ['-object', ','.join(words)]


class TdxFault(host.TdxGuest):
    """What the kernel says and does, and what the module then holds"""

    mistakes = '.*'

    def prop(self, name):
        return self.vm.cmd('qom-get', path='/objects/f0', property=name)

    def calls(self, leaf):
        """How often the module was called with @leaf"""
        leaves = self.vm.cmd('query-tdx-module')['leaves']
        return sum(l['calls'] for l in leaves if l['name'] == leaf)

    def pages(self):
        """The use of all pages by the module, {} before TDH.SYS.CONFIG"""
        total = {}
        for tdmr in self.vm.cmd('query-tdx-pamt', view='summary')['tdmrs']:
            for name, number in tdmr['counts'].items():
                total[name] = total.get(name, 0) + number
        return total

    def run_to_report(self, extra, **how):
        """A boot that waits after its report, so that all is still there"""
        how = {'smp': '2', 'mem': '2G', **how}
        self.start(append='seam.hold=1', extra=extra, **how)
        self.wait_reports(1)

    def tdx_lines(self, log):
        """All that the kernel says of TDX"""
        return [line for line in log.kernel if line.startswith('virt/tdx: ')]

    # --- initialisation ----------------------------------------------------

    def test_nine_times_no_entropy(self):
        # Linux makes a SEAMCALL ten times before it takes this for an answer.
        self.run_to_report(fault('tdh.sys.init', 'rnd_no_entropy', count=9))
        self.assertEqual(self.prop('hits'), 9)
        self.assertEqual(self.prop('calls'), 10)
        log, = self.boots()
        self.assert_initialized(log, dynamic=True)
        self.assertFalse(log.has('SEAMCALL'))

    def test_ten_times_no_entropy(self):
        self.run_to_report(fault('tdh.sys.init', 'rnd_no_entropy', count=0))
        self.assertEqual(self.prop('hits'), 10)
        self.assertEqual(self.prop('calls'), 10)
        self.assertEqual(self.vm.cmd('query-tdx-module')['state'],
                         'sysinit-pending')
        log, = self.boots()
        self.assertFalse(log.initialized)
        self.assertEqual(self.tdx_lines(log)[1:], [
            'virt/tdx: SEAMCALL (0x0000000000000021) failed: '
            '0x8000020300000000'])

    def test_interrupted_tdmr_init(self):
        # 2 GiB, of which each call does 2 MiB instead of 16.
        self.run_to_report(fault('tdh.sys.tdmr.init', 'interrupted', count=0))
        self.assertEqual(self.calls('TDH.SYS.TDMR.INIT'), 1024)
        self.assertEqual(self.prop('hits'), 1024)
        self.assertNotIn('uninitialized', self.pages())
        log, = self.boots()
        self.assert_initialized(log, dynamic=True, tdmrs=1)

    def test_sometimes_interrupted_tdmr_init(self):
        self.run_to_report(fault('tdh.sys.tdmr.init', 'interrupted', count=0,
                                 probability=50, seed=1),
                           module='dynamic-pamt=off')
        hits = self.prop('hits')
        self.assertGreater(hits, 0)
        self.assertLess(hits, self.calls('TDH.SYS.TDMR.INIT'))
        # Without interruptions it is 512.
        self.assertGreater(self.calls('TDH.SYS.TDMR.INIT'), 512)
        self.assertNotIn('uninitialized', self.pages())
        log, = self.boots()
        self.assert_initialized(log, dynamic=False, tdmrs=1)

    def fails(self, leaf, status, line, extra_lines=(), **how):
        """The kernel says @line, gives TDX up, and has no other fault"""
        options = how.pop('options', {})
        self.run_to_report(fault(leaf, status, **options), **how)
        self.assertEqual(self.prop('hits'), 1)
        log, = self.boots()
        self.assertFalse(log.initialized)
        lines = self.tdx_lines(log)
        at = lines.index(f'virt/tdx: SEAMCALL ({line}')
        self.assertEqual(lines[at + 1:], [*extra_lines, FAILED])

    def test_config_fails(self):
        self.fails('tdh.sys.config', 'sys_busy',
                   '0x000000000000002d) failed: 0x8000020200000000')

    def test_key_config_fails(self):
        # On the second package, after the first one has got its key.
        self.fails('tdh.sys.key.config', 'key_generation_failed',
                   '0x000000000000001f) failed: 0x8000080000000000',
                   options={'nth': 2}, smp='4,sockets=2')

    def test_key_config_busy(self):
        self.fails('tdh.sys.key.config', 'operand_busy',
                   '0x000000000000001f) failed: 0x80000200000000bb',
                   options={'operand': 'ket'})

    def test_tdmr_init_fails(self):
        # In the second TDMR.  Linux shows what it gets back: RDX is 0 after a
        # failure, RCX is still the TDMR.
        self.fails('tdh.sys.tdmr.init', 'operand_busy',
                   '0x0000000000000024) failed: 0x8000020000000001',
                   ['virt/tdx: RCX 0x0000000100000000 '
                    'RDX 0x0000000000000000 R08 0x0000000000000000',
                    'virt/tdx: R09 0x0000000000000000 '
                    'R10 0x0000000000000000 R11 0x0000000000000000'],
                   options={'operand': 'rcx', 'nth': 140}, mem='4G')

    def test_field_cannot_be_read(self):
        self.run_to_report(fault('tdh.sys.rd', 'metadata_field_not_readable',
                                 nth=5))
        log, = self.boots()
        self.assertFalse(log.initialized)
        self.assertTrue(log.has('SEAMCALL (0x0000000000000022) failed: '
                                '0xc0000c0200000000'))
        # What Linux shows of the outputs: no next field, no value.
        self.assertTrue(log.has('RDX 0xffffffffffffffff '
                                'R08 0x0000000000000000'))
        self.assertEqual(self.tdx_lines(log)[-1], FAILED)

    # --- pages -------------------------------------------------------------

    def exercise(self, how, extra=()):
        """The exerciser's counts; the guest waits after it"""
        self.start(smp='4', mem='2G', extra=list(extra),
                   append=f'seam.mode=exercise seam.exercise={how} '
                   'seam.hold=exercise')

    def end_exercise(self):
        """(use of pages by the module, log, warnings)"""
        from seam import tdxlog
        self.wait_line('seam: exercise: done')
        pages = self.pages()
        self.vm.shutdown()
        text = self.read_serial()
        log = tdxlog.TdxLog(text)
        self.assert_initialized(log, dynamic=True)
        return pages, log, tdxlog.faults(text)

    def assert_warned_once(self, faults, leaf, status):
        """One warning, the one that the kernel has for @leaf, and its trace"""
        function = {'PAMT.ADD': 'region_add',
                    'PAMT.REMOVE': 'region_remove'}[leaf]
        self.assertEqual(len(faults), 2, faults)
        self.assertIn(f'WARNING: at {function}+', faults[0])
        self.assertIn('Call Trace', faults[1])
        self.assertRegex(self.read_serial(),
                         rf'{leaf} of (pfn )?0x[0-9a-f]+: {status}\r?\n')

    def test_pamt_add_fails(self):
        self.exercise('4,2000,10', fault('tdh.phymem.pamt.add',
                                         'page_not_free', operand='rdx',
                                         nth=3))
        self.wait_line('seam: exercise: done')
        calls = self.prop('calls')
        self.assertEqual(self.prop('hits'), 1)
        pages, log, faults = self.end_exercise()
        self.assert_warned_once(faults, 'PAMT.ADD', '0xc000030300000002')
        counts = log.pamt_counts
        self.assertEqual(counts['failures'], 1)
        self.assertEqual(counts['adds'], calls - 1)
        self.assertEqual(counts['removes'], counts['adds'])
        self.assertNotIn('pairs', pages)
        self.assertNotIn('pamt', pages)

    def test_many_pamt_adds_fail(self):
        # Each failure that the kernel would not undo costs it 8 KB.
        self.exercise('4,1,4000,3000', fault(
            'tdh.phymem.pamt.add', 'operand_busy', operand='rcx', count=0,
            probability=50, seed=5))
        self.wait_line('seam: exercise: done')
        calls, hits = self.prop('calls'), self.prop('hits')
        pages, log, faults = self.end_exercise()
        self.assert_warned_once(faults, 'PAMT.ADD', '0x8000020000000001')
        counts = log.pamt_counts
        self.log.info('%d calls, %d hits: %s', calls, hits, counts)
        self.assertGreater(hits, 2500)
        self.assertEqual(counts['failures'], hits)
        self.assertEqual(counts['adds'], calls - hits)
        self.assertEqual(counts['removes'], counts['adds'])
        self.assertNotIn('pairs', pages)
        free = {w[2]: int(w[3]) for w in map(str.split, log.lines)
                if w[:2] == ['seam:', 'free']}
        self.log.info('free: %s', free)
        # KB; half of what would be missing
        self.assertLess(free['before'] - free['after'], hits * 8 / 2)

    def test_pamt_remove_fails(self):
        # The kernel keeps the pair, which the module still has, and uses it
        # again for pages of that range.
        self.exercise('4,2000,10', fault('tdh.phymem.pamt.remove',
                                         'operand_busy', operand='rcx'))
        self.wait_line('seam: exercise: done')
        self.assertEqual(self.prop('hits'), 1)
        pages, log, faults = self.end_exercise()
        self.assert_warned_once(faults, 'PAMT.REMOVE', '0x8000020000000001')
        counts = log.pamt_counts
        self.assertEqual(counts['failures'], 0)
        self.assertEqual(counts['adds'] - counts['removes'], 1)
        self.assertEqual(pages['pairs'], 1)
        self.assertEqual(pages['pamt'], 2)

    def test_while_the_guest_runs(self):
        # Some seconds, so that the fault comes in time
        self.exercise('4,1,20000,400000')
        self.wait_reports(1)
        self.vm.cmd('object-add', qom_type='tdx-fault', id='f0',
                    leaf='tdh.phymem.pamt.add', status='operand_busy',
                    operand='rcx', count=3)
        end = time.monotonic() + host.BOOT_SECONDS
        while self.prop('hits') < 3:
            self.assertLess(time.monotonic(), end, 'not hit three times')
            time.sleep(0.1)
        self.vm.cmd('object-del', id='f0')
        pages, log, faults = self.end_exercise()
        self.assert_warned_once(faults, 'PAMT.ADD', '0x8000020000000001')
        self.assertEqual(log.pamt_counts['failures'], 3)
        self.assertEqual(log.pamt_counts['adds'],
                         log.pamt_counts['removes'])
        self.assertNotIn('pairs', pages)

    # --- the end -----------------------------------------------------------

    def disable(self, status, count):
        """The module starts over for the next kernel, however late"""
        first, second = self.kexec(
            look=lambda: self.assertEqual(self.prop('hits'), count),
            extra=fault('tdh.sys.disable', status, count=count))
        self.assertFalse(first.has('TDH.SYS.DISABLE failed'))
        self.assert_initialized(second, dynamic=True)

    def test_interrupted_disable(self):
        # Linux calls again until the module has given all memory back.
        self.disable('interrupted', 1000)

    def test_disable_busy(self):
        self.disable('sys_busy', 10)


if __name__ == '__main__':
    QemuSystemTest.main()
