#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""The tools around the guest: its log, its monitor, what a boot comes to."""

import json
import os
import pathlib
import sys
import tempfile
import time
import unittest

from guest_case import TOP
from seam import boot, runner, tdxlog
from seam.qmp import Monitor
from seam.tables import Tables
from tap_main import main

GIB = 1 << 30
MIB = 1 << 20

GOOD = '''
[    0.000000] Linux version 7.3.4 (seam@qemu)
[    0.000000]   node   0: [mem 0x0000000000001000-0x000000000009efff]
[    0.000000]   node   0: [mem 0x0000000000100000-0x000000007ffdbfff]
[    0.000000]   node   0: [mem 0x0000000100000000-0x000000017fffffff]
[    0.039042] virt/tdx: BIOS enabled: private KeyID range [32, 64)
[    0.205108] virt/tdx: Module version: 1.5.25
[    0.211030] virt/tdx: Enable Dynamic PAMT
[    0.245123] virt/tdx: 168 KB allocated for PAMT
[    0.245301] virt/tdx: TDX-Module initialized
[    1.000000] seam: virt/tdx: TDX-Module initialized
[    1.000100] seam: flags: fpu vmx
[    1.000200] seam: flags: tdx_host_platform
[    1.000300] seam: pamt adds 17
[    1.000400] seam: end of report
'''

class LogTest(unittest.TestCase):
    """seam/tdxlog.py"""

    def test_facts(self):
        log = tdxlog.TdxLog(GOOD)
        self.assertTrue(log.dynamic and log.initialized and log.reported)
        self.assertEqual(log.version, '1.5.25')
        self.assertEqual(log.keyids, (32, 64))
        self.assertEqual(log.pamt_kb, 168)
        self.assertEqual(log.flags, ['fpu', 'vmx', 'tdx_host_platform'])
        self.assertEqual(log.tdmrs, [(0, 2 * GIB), (4 * GIB, 2 * GIB)])
        self.assertEqual(log.pamt_counts, {'adds': 17})
        self.assertIsNone(log.reason())
        self.assertEqual(tdxlog.faults(GOOD), [])

    def test_user_space_is_not_the_kernel(self):
        log = tdxlog.TdxLog('seam: virt/tdx: TDX-Module initialized\n'
                            'seam: virt/tdx: Enable Dynamic PAMT')
        self.assertFalse(log.initialized or log.dynamic)

    def test_faults(self):
        for line in ('WARNING: arch/x86/kernel/cpu/common.c:1 at f+0x1/0x2',
                     '[    1.2] BUG: unable to handle page fault',
                     'kernel BUG at mm/slub.c:1!',
                     'Oops: general protection fault, maybe for address 0',
                     'Kernel panic - not syncing: x',
                     'unchecked MSR access error: RDMSR from 0x3a',
                     'rcu: INFO: rcu_sched detected stalls on CPUs/tasks'):
            self.assertEqual(tdxlog.faults('a\n' + line + '\nb'), [line])

    def test_reason(self):
        for line in ('virt/tdx: module not loaded',
                     'virt/tdx: SEAMCALL (0x000000000000002d) failed: '
                     '0xc000010000000008',
                     'virt/tdx: initialization failed: too few private '
                     'KeyIDs available.',
                     'virt/tdx: TDX not supported by the host platform',
                     'Kernel panic - not syncing: x'):
            log = tdxlog.TdxLog('[    0.1] a\n[    0.2] ' + line + '\nb')
            self.assertEqual(log.reason(), line)

    def test_tdmrs(self):
        # Memory below 1 MiB does not count; neighbours share a TDMR; one
        # that reaches into the next GiB only adds the rest.
        self.assertEqual(tdxlog.tdmrs_of([(0x1000, 0x9f000)]), [])
        self.assertEqual(
            tdxlog.tdmrs_of([(MIB, 512 * MIB), (600 * MIB, GIB + MIB),
                             (GIB + 2 * MIB, 3 * GIB)]),
            [(0, GIB), (GIB, GIB), (2 * GIB, GIB)])

    def test_pamt_size(self):
        one = [(0, GIB)]
        # 16 bytes for each 4K page, 2M and 1G, each in whole pages; or one
        # bit for each 4K page.
        self.assertEqual(tdxlog.pamt_kb(one, dynamic=False), 4096 + 8 + 4)
        self.assertEqual(tdxlog.pamt_kb(one, dynamic=True), 32 + 8 + 4)
        two = [(0, 2 * GIB), (4 * GIB, 2 * GIB)]
        self.assertEqual(tdxlog.pamt_kb(two, dynamic=True), 168)


class NamesTest(unittest.TestCase):
    """seam/tables.py"""

    def test_explain(self):
        explain = Tables().explain
        line = ('virt/tdx: SEAMCALL (0x000000000000002d) failed: '
                '0xc000010000000008')
        self.assertEqual(
            explain(line),
            line + ' (TDH.SYS.CONFIG: TDX_OPERAND_INVALID(R8))')
        for same in ('virt/tdx: module not loaded',
                     'SEAMCALL (0x000000000000002d) failed: '
                     '0x1234567800000000'):
            self.assertEqual(explain(same), same)


class QmpTest(unittest.TestCase):
    """seam/qmp.py, with a QEMU that is a thread here"""

    def setUp(self):
        self.monitor, self.qemu = Monitor.pair()
        self.addCleanup(self.monitor.close)
        self.addCleanup(self.qemu.close)

    def say(self, *messages):
        for message in messages:
            self.qemu.sendall(json.dumps(message).encode() + b'\n')

    def test_answer_among_events(self):
        self.say({'QMP': {}}, {'return': {}, 'id': 1})
        self.assertTrue(self.monitor.negotiate(time.monotonic() + 5))
        self.say({'event': 'STOP'}, {'return': {'a': 1}, 'id': 2},
                 {'event': 'SHUTDOWN'})
        self.assertEqual(self.monitor.command('query-a'), {'a': 1})
        sent = [json.loads(line) for line in
                self.qemu.recv(65536).decode().splitlines()]
        self.assertEqual([m['execute'] for m in sent],
                         ['qmp_capabilities', 'query-a'])
        now = time.monotonic()
        self.assertIsNotNone(self.monitor.wait_event('SHUTDOWN', now + 5))
        # Events before it went with it
        self.assertIsNone(self.monitor.wait_event('STOP', now))

    def test_late_answer(self):
        with self.assertRaisesRegex(RuntimeError, 'slow: no answer in'):
            self.monitor.command('slow', timeout=0.01)
        self.say({'return': 'slow', 'id': 1}, {'return': 'quick', 'id': 2})
        self.assertEqual(self.monitor.command('quick'), 'quick')

    def test_error(self):
        self.say({'error': {'desc': 'no such thing'}, 'id': 1})
        with self.assertRaisesRegex(RuntimeError, '^x: no such thing$'):
            self.monitor.command('x')

    def test_qemu_ends(self):
        self.qemu.close()
        with self.assertRaises(EOFError):
            self.monitor.command('query-a')

    def test_nobody_greets(self):
        self.assertFalse(self.monitor.negotiate(time.monotonic()))
        self.say({'220': 'mail'})
        with self.assertRaises(ValueError):
            self.monitor.negotiate(time.monotonic() + 5)


FAKE_QEMU = """#!/usr/bin/python3
import json, re, socket, sys, time
fd = int(re.search(r'fd=(\\d+)', ' '.join(sys.argv))[1])
monitor = socket.socket(fileno=fd)
lines = monitor.makefile('rw')
def say(**message):
    lines.write(json.dumps(message) + chr(10))
    lines.flush()
say(QMP={})
started = time.monotonic()
status, calls = %r, 0
print(%r, flush=True)
for line in lines:
    asked = json.loads(line)
    age = time.monotonic() - started
    if asked['execute'] == 'quit':
        break
    if asked['execute'] == 'query-status':
        answer = {'status': status}
    elif asked['execute'] == 'query-tdx-module':
        calls += %r
        answer = {'leaves': [{'calls': calls}]}
    else:
        answer = {}
    say(id=asked['id'], **{'return': answer})
    if age > 3:
        say(event='SHUTDOWN')
"""


class WaitTest(unittest.TestCase):
    """seam/runner.py: a guest gets the time it takes, while it does something

    The QEMU is one that only talks.
    """

    def wait(self, status='running', said='hello', calls=0):
        with tempfile.TemporaryDirectory() as tmp:
            qemu = os.path.join(tmp, 'qemu')
            with open(qemu, 'w', encoding='utf-8') as out:
                out.write(FAKE_QEMU % (status, said, calls))
            os.chmod(qemu, 0o755)
            guest = runner.Guest([], os.path.join(tmp, 'log'), qemu=qemu)
            try:
                return guest.wait(2)
            finally:
                guest.close()

    def test_stuck(self):
        self.assertEqual(self.wait(), 'stuck')

    def test_calls_are_progress(self):
        self.assertEqual(self.wait(calls=1), 'off')

    def test_halted_is_not_stuck(self):
        self.assertEqual(self.wait(status='prelaunch'), 'off')

    def test_progress(self):
        progress = runner.Progress(quiet=10, now=0)
        for mark, now, stuck in (('a', 1, False), ('a', 10, False),
                                 ('a', 11, True), ('b', 12, False),
                                 (None, 30, False), ('b', 31, False),
                                 ('b', 39, False), ('b', 41, True)):
            self.assertEqual(progress.stuck(mark, now), stuck, (mark, now))


class VerdictTest(unittest.TestCase):
    """seam/boot.py: its last line is true"""

    def verdict(self, text, end, complaints=''):
        return boot.how_it_ended(tdxlog.TdxLog(text), end, '60', complaints)

    def test_good(self):
        self.assertIsNone(self.verdict(GOOD, 'off'))

    def test_enabled_and_stuck(self):
        self.assertEqual(
            self.verdict(GOOD, 'stuck'),
            'Dynamic PAMT is enabled, but the boot has not ended well: the '
            'guest is stuck, for 60 s (TIMEOUT=) no line of the log and no '
            'SEAMCALL; the last line: seam: end of report')

    def test_enabled_and_gone(self):
        self.assertEqual(
            self.verdict(GOOD, 'gone', 'qemu-system-x86_64: it broke'),
            'Dynamic PAMT is enabled, but the boot has not ended well: '
            'qemu-system-x86_64: it broke')

    def test_stuck_before(self):
        self.assertEqual(
            self.verdict('[    0.0] Linux version 7.3.4', 'stuck'),
            'no Dynamic PAMT: the guest is stuck, for 60 s (TIMEOUT=) no line '
            'of the log and no SEAMCALL; the last line: Linux version 7.3.4')
        self.assertIn('it never said a line', self.verdict('', 'stuck'))

    def test_static(self):
        self.assertIn('no Dynamic PAMT: the kernel kept to the static PAMT',
                      self.verdict(GOOD.replace('Enable Dynamic', ''), 'off'))


class AppendTest(unittest.TestCase):
    """What every kernel that boots here is told"""

    def test_clocksource_watchdog_is_off(self):
        """It asks other CPUs with interrupts off; a boot has hung there"""
        args = runner.arguments(kernel='k', initramfs='i', mem='1G', smp='1',
                                append='mine=1')
        words = args[args.index('-append') + 1].split()
        self.assertIn('tsc=nowatchdog', runner.APPEND.split())
        self.assertEqual(words, [*runner.APPEND.split(), 'mine=1'])


class PackageTest(unittest.TestCase):
    """What the tools share is in one package, and nowhere else"""

    def users(self, word):
        """Names of the files of Python that hold @word, this one excepted"""
        found = []
        for folder in 'scripts', 'guest', 'tests':
            for path in sorted(pathlib.Path(TOP, folder).rglob('*')):
                if path.is_file() and path.name != pathlib.Path(
                        __file__).name and path.suffix in ('', '.py'):
                    with open(path, 'rb') as src:
                        if word in src.read():
                            found.append(str(path.relative_to(TOP)))
        return found

    def test_nobody_edits_the_path(self):
        self.assertEqual(self.users(b'sys.path'), [])

    def test_one_qmp_client(self):
        self.assertEqual(self.users(b'qmp_capabilities'),
                         ['scripts/seam/qmp.py'])


if __name__ == '__main__':
    main()
