#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""REPORT=: what a kernel CI gets to read of a boot (seam/report.py)."""

import contextlib
import functools
import io
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
from unittest import mock

from seam import Problem, boot, inputs, paths, report, runner, tdxlog
from guest_case import TOP
from test_guest_tools import FAKE_QEMU, GOOD
from tap_main import main

# Facts by number; written out, since those who read reports know them so
SAYS, INITIALIZED, DYNAMIC, WELL, OFF = range(1, 6)
LINE = re.compile(r'(ok|not ok) (\d+) - [^#\n]+')


class ReportCase(unittest.TestCase):
    """With a folder for the report"""

    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.dir = tmp.name
        self.report = os.path.join(self.dir, 'boot.tap')
        env = mock.patch.dict(os.environ, REPORT=self.report)
        env.start()
        self.addCleanup(env.stop)

    def read(self):
        return pathlib.Path(self.report).read_text(encoding='utf-8')

    def not_ok(self, text):
        """The numbers of the facts that are not; @text must be TAP"""
        head, plan, *lines = text.splitlines()
        self.assertEqual(head, 'TAP version 13')
        facts = [line for line in lines if not line.startswith('# ')]
        found = [LINE.fullmatch(line) for line in facts]
        self.assertTrue(all(found), text)
        self.assertEqual([int(m[2]) for m in found],
                         list(range(1, len(found) + 1)))
        self.assertEqual(plan, f'1..{len(found)}')
        return [int(m[2]) for m in found if m[1] == 'not ok']


class FactsTest(ReportCase):
    """Each fact fails for its own reason, and with it the boot"""

    def facts(self, text, end='off'):
        log, faults = tdxlog.TdxLog(text), tdxlog.faults(text)
        missing = self.not_ok(report.tap(report.facts(log, faults, end), [],
                                         None))
        self.assertEqual(bool(missing),
                         bool(faults or boot.how_it_ended(log, end, 60, '')))
        return missing

    def test_good(self):
        self.assertEqual(self.facts(GOOD), [])

    def test_each(self):
        for text, end, missing in (
                ('', 'off', [SAYS, INITIALIZED, DYNAMIC]),
                (GOOD.replace('TDX-Module init', ''), 'off', [INITIALIZED]),
                (GOOD.replace('Enable Dynamic', ''), 'off', [DYNAMIC]),
                (GOOD + 'WARNING: x.c:1 at f+0x1/0x2', 'off', [WELL]),
                (GOOD, 'stuck', [OFF]), (GOOD, 'gone', [OFF])):
            self.assertEqual(self.facts(text, end), missing, (text, end))

    def test_documented(self):
        """Numbers and titles are what docs/system/i386/ci.rst promises"""
        page = pathlib.Path(TOP, 'docs/system/i386/ci.rst').read_text()
        self.assertEqual(re.findall(r'^  (1\.\..*|ok \d.*)$', page, re.M),
                         report.tap(report.facts(tdxlog.TdxLog(GOOD), [],
                                                 'off'), [], None)
                         .splitlines()[1:])

    def test_notes(self):
        text = report.tap(report.facts(tdxlog.TdxLog(GOOD), [], 'off'),
                          [('TDX module', '1.5.25')], 'one\nnot ok 9 - two')
        self.assertEqual(self.not_ok(text), [])
        self.assertIn('\n# TDX module: 1.5.25\n', text)
        self.assertIn('\n# one not ok 9 - two\n', text)


class BootTest(ReportCase):
    """guest/boot with a QEMU that only talks"""

    def boot(self, said, status='running', **env):
        """(exit status, the report)"""
        qemu = os.path.join(self.dir, 'qemu')
        with open(qemu, 'w', encoding='utf-8') as out:
            out.write(FAKE_QEMU % (status, said, 0))
        os.chmod(qemu, 0o755)
        with mock.patch.object(runner, 'Guest', functools.partial(
                runner.Guest, qemu=qemu)), \
                mock.patch.object(boot, 'OUT', pathlib.Path(self.dir)), \
                mock.patch.object(boot, 'LOG', self.dir + '/guest.log'), \
                mock.patch.object(paths, 'need_all'), \
                mock.patch.dict(os.environ, env), \
                contextlib.redirect_stdout(io.StringIO()), \
                contextlib.redirect_stderr(io.StringIO()):
            return boot.main([]), self.read()

    def test_good(self):
        status, text = self.boot(GOOD, status='prelaunch')
        self.assertEqual(status, 0)
        self.assertEqual(self.not_ok(text), [])
        self.assertIn('\n# PAMT, dynamic: 168 KB\n', text)

    def test_stuck(self):
        status, text = self.boot(GOOD, TIMEOUT='1')
        self.assertEqual(status, 1)
        self.assertEqual(self.not_ok(text), [OFF])
        self.assertIn('the guest is stuck, for 1 s', text)

    def test_nothing_built(self):
        with mock.patch.object(paths, 'need_all', side_effect=Problem(
                'bzImage is missing')):
            self.assertEqual(boot.main([]), 'boot: bzImage is missing')
        self.assertEqual(self.read(), 'TAP version 13\n'
                         'Bail out! bzImage is missing\n')


class InputsTest(ReportCase):
    """The report of an earlier boot does not outlive a build that breaks"""

    def test_before_the_build(self):
        pathlib.Path(self.report).write_text('TAP version 13\n1..1\nok 1\n')
        self.assertEqual(inputs.main([]), 0)
        self.assertRegex(self.read(),
                         '^TAP version 13\nBail out! nothing was booted')

    def test_make_hands_it_on(self):
        done = subprocess.run(
            ['make', '-C', TOP, 'boot', 'MEM=lots', 'SEAM_DEPS=skip',
             f'REPORT={self.report}'], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, check=False,
            env={k: v for k, v in os.environ.items() if k != 'REPORT'})
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(self.read(), '^TAP version 13\n'
                         'Bail out! MEM=lots is no size')

    def test_no_file(self):
        for name, why in ((self.dir, 'is a directory'),
                          (self.dir + '/no/x', f'no directory {self.dir}/no'),
                          ('/proc/x', '/proc/x: ')):
            with mock.patch.dict(os.environ, REPORT=name):
                self.assertRegex(str(inputs.main([])),
                                 f'^inputs: REPORT=.*{why}')


if __name__ == '__main__':
    main()
