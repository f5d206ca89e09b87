#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/seamcall: the module by hand, sessions saved and replayed."""

import gzip
import json
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
import unittest

import pycotap

from seam import Problem
from seam.client.expression import evaluate
from seam.paths import TABLES
from seam.tables import Tables

TOP = os.environ.get('SEAM_TOP') or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '../..')

SEAMCALL = os.path.join(TOP, 'scripts/seamcall')
VECTORS = os.path.join(TOP, 'tests/vectors/data')
SECONDS = 120

PAIR = '''# a page pair, given twice
bringup
set range=4G|1; set page=5G
tdh.phymem.pamt.add range=$range pamt_page0=$page pamt_page1=$page+4K
expect TDX_SUCCESS
tdh.phymem.pamt.add range=$range pamt_page0=$page+8K pamt_page1=$page+12K
expect TDX_HPA_RANGE_NOT_FREE(RCX)
tdh.phymem.pamt.remove rcx=$range
expect TDX_SUCCESS pamt_page0=$page pamt_page1=$page+4K
'''


def run(*args, stdin=''):
    """(exit status, standard output, standard error)"""
    done = subprocess.run([SEAMCALL, *args], input=stdin, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=SECONDS, check=False)
    return done.returncode, done.stdout, done.stderr


class Case(unittest.TestCase):
    """With a folder of its own."""

    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory()
        self.addCleanup(self.tmp.cleanup)

    def path(self, name, text=None):
        path = os.path.join(self.tmp.name, name)
        if text is not None:
            with open(path, 'w', encoding='utf-8') as out:
                out.write(text)
        return path

    def good(self, *args, stdin=''):
        """Standard output of what must end well and without complaint."""
        status, out, err = run(*args, stdin=stdin)
        self.assertEqual((status, err), (0, ''), out)
        return out

    def bad(self, status, pattern, *args):
        """What must end with that status and one line."""
        is_, out, err = run(*args)
        self.assertEqual(is_, status, out + err)
        self.assertEqual(err.count('\n'), 1, err)
        self.assertRegex(err, pattern)


class NamesTest(Case):
    """What comes from the exported tables."""

    def setUp(self):
        super().setUp()
        self.tables = Tables(TABLES)

    def test_statuses(self):
        tables = self.tables
        self.assertEqual(tables.status_text(0xc000010000000008),
                         'TDX_OPERAND_INVALID(R8)')
        self.assertEqual(tables.status_text(0xc0000306_00000001),
                         'TDX_PAMT_PAGE_NOT_EMPTY(0x1)')
        self.assertEqual(tables.status_text(0xc0001234_00000001),
                         '0xc000123400000001')
        for name, value in tables.statuses.items():
            self.assertEqual(tables.status_value(name)[0], value)
            text = tables.status_text(value)
            if name in tables.with_operand - tables.operand_optional:
                self.assertEqual(text, name + '(RAX)')
            self.assertEqual(tables.status_value(text)[0], value)
        self.assertEqual(tables.status_value('OPERAND_BUSY(SEPT)')[0],
                         0x8000020000000092)
        for wrong in ('TDX_NOTHING', '', '-', 'TDX_SUCCESS(SEPT'):
            with self.assertRaises(Problem):
                tables.status_value(wrong)

    def test_fields(self):
        tables = self.tables
        self.assertEqual(tables.field_id('sys', 'tdx_features0'),
                         0x0a00000300000008)
        self.assertEqual(tables.field_id('sys', 'CMR_BASE[31]'),
                         0x900000030000009f)
        self.assertEqual(tables.field_name('sys', 0x900000030000009f),
                         'CMR_BASE[31]')
        self.assertEqual(tables.field_name('sys', 0x90000003000000a0), '')
        # The size does not matter, nor is all ones a field
        self.assertEqual(tables.field_name('sys', 0x100000000000009f),
                         'CMR_BASE[31]')
        self.assertEqual(tables.field_name('sys', 2 ** 64 - 1), '')
        self.assertEqual(tables.field_id('vp', 'GUEST_CS_SELECTOR'),
                         0x0024000100000802)
        self.assertIsNone(tables.field_id('sys', 'NO_SUCH'))
        with self.assertRaisesRegex(Problem, r'0\.\.31'):
            tables.field_id('sys', 'CMR_BASE[32]')
        self.assertIsNotNone(tables.field_id('td', 'TD_EPOCH'))

    def test_values(self):
        names = {'page': 0x1000}
        for text, value in (('0x10', 16), ('4G+2*2M|1', 0x100400001),
                            ('$page-1', 0xfff), ('~0', 2 ** 64 - 1),
                            ('-1', 2 ** 64 - 1), ('1<<36', 1 << 36),
                            ('(1+2)*3', 9), ('7/2', 3)):
            self.assertEqual(evaluate(text, names), value, text)
        for text in ('', 'x', '$none', '1<<99', '1<<100>>99', '2**64', '1/0',
                     'print(1)', '1.5', '__import__("os")', '"a"', '1<<63<<63', '4Q'):
            with self.assertRaises(Problem, msg=text):
                evaluate(text, names)

    def test_all_leaves(self):
        """Each leaf takes each of its operands by name."""
        lines = ['tdh.sys.init']
        for name, leaf in self.tables.leaves.items():
            if not name.startswith(('tdh.sys.disable', 'tdh.vp.enter')):
                lines.append(f'{name} lp=0 ' + ' '.join(
                    f'{operand}=1' for operand in leaf.inputs
                    if operand != 'features'))
        out = self.good(stdin='\n'.join(lines))
        self.assertEqual(len(re.findall('^(TDX_|0x)', out, re.M)),
                         len(lines))
        self.assertNotIn('0xc', re.sub('=0x[0-9a-f]*', '', out))


class ScriptTest(Case):
    """Scripts and expectations."""

    def test_script(self):
        out = self.good(self.path('pair', PAIR))
        self.assertIn('TDX_HPA_RANGE_NOT_FREE(RCX)\n', out)
        self.assertIn('TDX_SUCCESS pamt_page0=0x140000000 '
                      'pamt_page1=0x140001000\n', out)
        self.assertEqual(self.good('-q', self.path('pair')), '')
        # The same by register, by standard input, by -c
        self.good('-', stdin=PAIR.replace('pamt_page1', 'r8'))
        self.good(*[w for line in PAIR.split('\n') for w in ('-c', line)
                    if line])

    def test_mismatch(self):
        init = 'tdh.sys.init; '
        for line, said in (
                ('expect TDX_SYS_BUSY', 'expected TDX_SYS_BUSY, but the '
                 'answer was TDX_SUCCESS'),
                ('expect TDX_SUCCESS mask_low=1', 'expected mask_low=0x1'),
                ('expect TDX_SUCCESS rbx=1', 'expected rbx=0x1'),
                ('expect vmfail', 'expected vmfail'),
                ('expect64 1M 1', 'expected 0x1 at 0x100000, but there is '
                 '0x0'),
                ('until SUCCESS tdh.sys.init', 'INIT_NOT_PENDING')):
            status, _, err = run('-c', init + line, '-c', 'print 1')
            self.assertEqual(status, 1, err)
            self.assertRegex(err, r'^seamcall: -c:1: .*\nseamcall: 1 not as '
                             r'expected\n$')
            self.assertIn(said, err)
        # Details count only where they are named
        call = 'tdh.sys.lp.init version=1; expect '
        self.good('-c', call + 'TDX_OPERAND_INVALID')
        self.good('-c', call + 'TDX_OPERAND_INVALID(RAX)')
        status, _, _ = run('-c', call + 'TDX_OPERAND_INVALID(RCX)')
        self.assertEqual(status, 1)

    def test_problems(self):
        for line, said in (
                ('nonsense', 'no command "nonsense"'),
                ('tdh.nothing', 'no leaf "tdh.nothing"'),
                ('tdh.sys.rd page=1', 'takes no "page"; it takes field'),
                ('tdh.sys.rd field=NO_FIELD', 'no field "NO_FIELD"'),
                ('tdh.sys.rd field', 'say NAME=VALUE'),
                ('tdh.sys.rd field=1 rdx=2', 'rdx is given twice'),
                ('tdh.sys.rd rdx=1 rdx=2', '"rdx" is given twice'),
                ('tdh.sys.rd version=256', 'version is 0..255'),
                ('tdh.sys.init lp=1', 'no LP 1; they are 0..0'),
                ('expect TDX_SUCCESS', 'no call yet'),
                ('tdh.sys.init; expect NOTHING', 'no status "NOTHING"'),
                ('seamcall rcx=1', 'rax='),
                ('print 1+', 'is no value'),
                ('write64 2G 1', 'no RAM at 0x80000000'),
                ('config', 'no TDMR yet'),
                ('bringup; bringup', 'INIT_NOT_PENDING'),
                ('tdmr base=4G size=1G reserved_size[16]=1',
                 'reserved_size has elements 0..15'),
                ('td-params at=1M num_l2_vms=256', 'does not fit'),
                ('save x', 'no call to save'),
                ("print 'x", 'No closing quotation')):
            self.bad(2, '^seamcall: -c:1: .*' + re.escape(said), '-c', line)
        self.bad(2, 'No such file', self.path('missing'))
        self.bad(2, 'make seamcall', '--qemu', self.path('missing'), '-c',
                 'info')
        self.bad(2, 'make model', '--tables', self.path('missing'), '-c',
                 'info')
        self.bad(2, 'QEMU has ended: .*keyid-bits', '--cpu', 'keyid-bits=99',
                 '-c', 'info')
        self.bad(2, 'unrecognized arguments: --bogus; type', '--bogus')
        self.bad(2, 'say only one of', '-c', 'info', self.path('x'))
        with open(self.path('binary'), 'wb') as out:
            out.write(b'\xff\xfe\n')
        self.bad(2, 'binary: ', self.path('binary'))
        self.bad(2, 'binary: ', '--replay', self.path('binary'))
        with open(self.path('cut.gz'), 'wb') as out:
            out.write(gzip.compress(b'{}\n' * 99)[:20])
        self.bad(2, 'cut.gz: ', '--replay', self.path('cut.gz'))
        self.bad(2, 'no whole GiB', '-m', '512M', '-c', 'bringup')

    def test_memory(self):
        self.good('-c', 'write64 1M 1 2 0xffffffffffffffff; fill 2M 64 7',
                  '-c', 'expect64 1M 1 2 ~0 0; expect64 2M+56 7 0')
        out = self.good('-c', 'write64 1M 0x123; read64 1M 2')
        self.assertIn('0x100000: 0x123 0x0\n', out)
        # What became private reads zero
        self.good('-c', 'bringup; write64 5G 1; expect64 5G 1', '-c',
                  'tdh.phymem.pamt.add range=4G|1 pamt_page0=5G '
                  'pamt_page1=5G+4K; expect64 5G 0')

    def test_bringup(self):
        for dynamic in (0, 1):
            out = self.good(
                '--smp', '4,sockets=2', '-c', f'bringup dynamic={dynamic}',
                '-c', 'info; tdh.sys.tdmr.init tdmr_base=4G',
                '-c', 'expect TDX_TDMR_ALREADY_INITIALIZED')
            self.assertRegex(out, r'state +SYS_READY\n')
            self.assertRegex(out, r'lps-initialized +4\n')
            self.assertRegex(out, 'dynamic-pamt-enabled +' +
                             str(bool(dynamic)))
        out = self.good('--module', 'dynamic-pamt=off', '-c', 'bringup '
                        'tdmr_init=0', '-c', 'until '
                        'TDX_TDMR_ALREADY_INITIALIZED tdh.sys.tdmr.init '
                        'tdmr_base=4G', '-c', 'tdh.phymem.pamt.add; expect '
                        'TDX_OPERAND_INVALID(RAX)')
        # 4 MiB a call without Dynamic PAMT, and one that finds it done
        self.assertIn(' after 513 calls\n', out)

    def test_fault_with_outputs(self):
        self.good('-c', 'tdh.sys.init; expect TDX_INCORRECT_CPUID_VALUE '
                  'cpuid_leaf=7 mask_low=0x80000 expected_low=0', '--',
                  '-object', 'tdx-fault,id=f,leaf=tdh.sys.init,'
                  'status=incorrect_cpuid_value,'
                  'outputs=cpuid_leaf=0x7 mask_low=0x80000')
        self.bad(2, "TDH.SYS.INIT has no output 'leaf'", '-c', 'info', '--',
                 '-object', 'tdx-fault,id=f,leaf=tdh.sys.init,'
                 'status=incorrect_cpuid_value,outputs=leaf=1')

    def test_bringup_of_unequal_packages(self):
        # LPs 0 and 1 are of the first package, LP 2 is alone
        out = self.good('--smp', '3,sockets=2,maxcpus=4', '-c',
                        'bringup; info; tdh.sys.key.config lp=2', '-c',
                        'expect TDX_SYS_KEY_CONFIG_NOT_PENDING')
        self.assertRegex(out, r'state +SYS_READY\n')
        self.assertRegex(out, r'packages +2\n')

    def test_bringup_of_much_memory(self):
        # PAMTs of 300 GiB do not fit below the first TDMR; and few hosts have
        # so much
        out = self.good('-m', '300G', '-c', 'bringup dynamic=0 tdmr_init=0; '
                        'tdh.sys.tdmr.init tdmr_base=4G; expect SUCCESS')
        # 1 GiB and 298 GiB; for a TDMR of n GiB 4 MiB and more for each
        self.assertIn('TDMR 1: base=0x100000000 size=0x4a00000000 ', out)
        self.assertIn('pamt_1g_base=0x4b00000000 ', out)
        # Below 4 GiB there is nothing but 1 GiB of RAM
        out = self.good('-m', '301G', '-c', 'bringup dynamic=0 tdmr_init=0',
                        '--', '-machine', 'max-ram-below-4g=1G')
        self.assertIn('TDMR 0: base=0x100000000 size=0x4a80000000 ', out)

    def test_more_memory_than_the_host_has(self):
        size = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
        out = self.good('-m', f'{(size >> 30) * 2 + 8}G', '-c',
                        'bringup tdmr_init=0; info')
        self.assertRegex(out, r'state +SYS_READY\n')

    def test_optional_operand(self):
        # Details of 0 are no operand of these, and RAX of the others
        for number, name in ((0xc0000b0800000001, 'NOT_DONE(RCX)'),
                             (0xc0000b0800000000, 'NOT_DONE')):
            out = self.good('-c', f'print {number}')
            self.assertTrue(out.endswith(f' TDX_TLB_TRACKING_{name}\n'), out)
        status, _, err = run('-c', 'tdh.sys.init; expect '
                             'TDX_TLB_TRACKING_NOT_DONE(RCX)')
        self.assertEqual(status, 1)
        self.assertIn('expected TDX_TLB_TRACKING_NOT_DONE(RCX), but the answer '
                      'was TDX_SUCCESS', err)

    def test_td(self):
        pages = ''.join(f'tdh.mng.addcx page=4G+{i}*4K tdr=4G; expect '
                        'SUCCESS\n' for i in range(1, 7))
        build = ('bringup dynamic=0\n'
                 'tdh.mng.create page=4G hkid=5; expect SUCCESS\n'
                 'tdh.mng.key.config tdr=4G; expect SUCCESS\n' + pages)
        init = 'tdh.mng.init tdr=4G td_params=1M; expect '
        self.good(stdin=build + 'td-params at=1M\n' + init + 'SUCCESS\n'
                  'tdh.mng.rd tdr=4G field=MAX_VCPUS; expect SUCCESS value=1')
        self.good(stdin=build + 'td-params at=1M xfam=1\n' + init +
                  'TDX_OPERAND_INVALID(XFAM)')

    def test_vmfail(self):
        # The host writes to a page pair: the module stops
        out = self.good(stdin=PAIR.split('tdh.phymem.pamt.remove')[0] +
                        'write64 5G 1 2\n'
                        'tdh.mng.create page=4G hkid=5; expect vmfail\n')
        self.assertIn('VMfailInvalid\n', out)

    def test_words(self):
        out = self.good('-q', '-c', 'tdh.sys.init')
        self.assertEqual(out, '')
        out = self.good('-c', 'print 4G+1 0xc000010000000001')
        self.assertTrue(out.endswith('\n0x100000001\n0xc000010000000001 '
                                     'TDX_OPERAND_INVALID(RCX)\n'), out)
        out = self.good('-c', 'leaves pamt; fields sys cmr; statuses busy; '
                        'help; help tdh.sys.rd; help expect')
        for said in ('58 tdh.phymem.pamt.add', 'CMR_BASE[0..31]',
                     '0x8000020200000000 TDX_SYS_BUSY', 'expect STATUS',
                     'RDX field', 'answers: TDX_SUCCESS'):
            self.assertIn(said, out)
        out = self.good('--help')
        self.assertIn('--replay', out)


class PromptTest(Case):
    """A terminal, with completion."""

    def test_prompt(self):
        try:
            main, end = pty.openpty()
        except OSError as error:
            self.skipTest(f'no pseudo terminal here: {error}')
        with subprocess.Popen([SEAMCALL], stdin=end, stdout=end, stderr=end,
                              env={**os.environ, 'TERM': 'dumb'}) as process:
            os.close(end)
            self.addCleanup(os.close, main)
            said = ''

            def until(pattern):
                """Read up to the pattern and the prompt behind it: before
                the prompt the terminal is not yet as readline wants it"""
                nonlocal said
                limit = time.monotonic() + SECONDS
                while not re.search(pattern + '.*seamcall> ', said, re.S):
                    left = limit - time.monotonic()
                    ready = select.select([main], [], [], max(left, 0))[0]
                    if not ready:
                        self.fail(f'no {pattern} in {said!r}')
                    said += os.read(main, 4096).decode()
                said = ''

            def put(text):
                os.write(main, text.encode())

            try:
                until('')
                put('tdh.sys.ini\t\n')
                until('TDX_SUCCESS')
                put('tdh.sys.lp.in\t\n')
                until('TDX_SUCCESS')
                put('tdh.sys.rd fi\tMAX_TD\t\n')
                until('MAX_RESERVED_PER_TDMR.*value=0x40')
                put('expect TDX_SYS_BU\t\n')
                until('expected TDX_SYS_BUSY, but')
                put('nonsense\n')
                until('no command "nonsense"')
                put('\x04')
                self.assertEqual(process.wait(timeout=SECONDS), 0)
            finally:
                process.kill()


class ScenarioTest(Case):
    """Sessions saved and replayed."""

    def save(self, text, *args):
        path = self.path('saved.jsonl')
        self.good('-q', '--save', path + ':mine', *args, stdin=text)
        return path

    def vectors(self, path):
        done = subprocess.run([os.path.join(TOP, 'scripts/vectors'), path],
                              stdout=subprocess.PIPE, text=True,
                              env={**os.environ, 'V': '1'}, check=False)
        return done.returncode, done.stdout.split('\n')[-2]

    def edit(self, path, change):
        with open(path, encoding='utf-8') as source:
            one = json.loads(source.read())
        change(one['steps'])
        return self.path('edited.jsonl', json.dumps(one) + '\n')

    def test_save(self):
        text = PAIR + ('write64 1M 5\nread64 1M 2\n'
                       'tdh.sys.rd field=XFAM_FIXED0\n'
                       'tdh.sys.rd field=TDX_FEATURES0\n'
                       'tdh.sys.rd field=CPUID_CONFIG_VALUES[3]\n')
        path = self.save(text, '--smp', '2,sockets=2', '--cpu',
                         'phys-bits=46,keyid-bits=5', '--module',
                         'version=1.5.99,sys-disable=off')
        self.assertEqual(self.vectors(path), (0, '1 passed, 0 failed'))
        self.assertEqual(self.good('--replay', path),
                         '1 passed, 0 failed, 0 refused\n')
        # Another one behind it, and both, and one by its id
        self.good('-q', '-c', f'tdh.sys.init; save {path} other')
        self.assertEqual(self.vectors(path), (0, '2 passed, 0 failed'))
        self.assertEqual(self.good('--replay', path + ':oth*'),
                         '1 passed, 0 failed, 0 refused\n')
        self.good('-q', '-c', f'tdh.sys.init; save {path}.gz')
        self.assertEqual(self.vectors(path + '.gz'),
                         (0, '1 passed, 0 failed'))

    def test_td_session(self):
        text = ('bringup\nset td=4G\n'
                'tdh.phymem.pamt.add range=$td|1 pamt_page0=5G '
                'pamt_page1=5G+4K\n'
                'tdh.mng.create page=$td hkid=5\ntdh.mng.key.config tdr=$td\n')
        text += ''.join(f'tdh.mng.addcx page=$td+{i}*4K tdr=$td\n'
                        for i in range(1, 7))
        text += ('td-params at=1M max_vcpus=2\n'
                 'tdh.mng.init tdr=$td td_params=1M; expect SUCCESS\n'
                 'tdh.mng.rd tdr=$td field=TSC_OFFSET; expect SUCCESS\n'
                 'tdh.mng.rd tdr=$td field=MAX_VCPUS; expect SUCCESS\n')
        path = self.save(text)
        self.assertEqual(self.vectors(path), (0, '1 passed, 0 failed'))
        self.assertEqual(self.good('--replay', path),
                         '1 passed, 0 failed, 0 refused\n')

    def test_difference(self):
        path = self.save(PAIR + 'write64 1M 5\nread64 1M 2\n')

        def wrong_status(steps):
            steps[-3]['expect']['rax'] = '0xc000010000000001'

        def wrong_register(steps):
            steps[-3]['expect']['rdx'] = '0x1'

        def wrong_memory(steps):
            steps[-1]['v'][1] = '0x1'

        for change, said in (
                (wrong_status, r'TDH.PHYMEM.PAMT.REMOVE on LP 0: rax is '
                 r'TDX_SUCCESS, expected TDX_OPERAND_INVALID\(RCX\)'),
                (wrong_register, 'rdx is 0x140000000, expected 0x1'),
                (wrong_memory, 'memory at 0x100008 is 0x0, expected 0x1')):
            edited = self.edit(path, change)
            self.assertEqual(self.vectors(edited)[0], 1)
            status, out, err = run('--replay', edited)
            self.assertEqual((status, err), (1, ''))
            self.assertRegex(out, '^FAILED mine: step .*' + said)
            self.assertTrue(out.endswith('0 passed, 1 failed, 0 refused\n'))

    def test_stride(self):
        path = self.save('tdh.sys.init\ntdh.sys.lp.init\n'
                         'tdh.sys.rd field=CMR_BASE[1]\n')

        def from_the_first(steps):
            steps[-1].update(rdx=hex(int(steps[-1]['rdx'], 16) - 1),
                             repeat=2, stride={'rdx': '0x1'})

        edited = self.edit(path, from_the_first)
        self.assertEqual(self.vectors(edited), (0, '1 passed, 0 failed'))
        self.assertEqual(self.good('--replay', edited),
                         '1 passed, 0 failed, 0 refused\n')

    def test_refused(self):
        path = self.save('tdh.sys.init\nwrite64 1M 0x300000001000\n')

        def set_platform(**values):
            return lambda steps: steps[0].update(values)

        for change, said in (
                (set_platform(cmrs=[['0x200000', '0x7fe00000']]),
                 'convertible memory'),
                (set_platform(mktme_keyids=3), 'mktme_keyids is 3, but 1'),
                (set_platform(cpuid=[]), 'CPUID is not that'),
                (set_platform(max_pa=60), 'phys-bits'),
                (set_platform(seamrr=['0x2000', '0x1000']), 'SEAM range'),
                (lambda steps: steps[2].update(pa='0x80000000'),
                 'memory at 0x80000000'),
                (lambda steps: steps[1].update(rax='0x8000000000000000'),
                 'P-SEAMLDR')):
            status, out, err = run('--replay', self.edit(path, change))
            self.assertEqual((status, err), (2, ''), said)
            self.assertRegex(out, '^refused mine: .*' + said)
        self.bad(2, 'make seamcall', '--qemu', self.tmp.name, '--replay',
                 path)
        self.bad(2, 'no scenario is called "x"', '--replay', path + ':x')
        self.bad(2, 'No such file', '--replay', self.path('missing'))
        self.bad(2, 'line 1 is no scenario', '--replay',
                 self.path('junk.jsonl', '{}\n'))

    def test_unsaveable(self):
        path = self.path('none.jsonl')
        self.bad(2, 'P-SEAMLDR', '-q', '-c', 'seamcall rax=1<<63 rcx=1M; '
                 f'save {path}')
        self.bad(2, 'VMfailInvalid', '-q', '-c',
                 PAIR.split('\ntdh.phymem.pamt.remove')[0].replace('\n', ';')
                 .split(';', 1)[1] + '; write64 5G 1; tdh.mng.create '
                 f'page=4G hkid=5; save {path}')
        self.assertFalse(os.path.exists(path))

    def test_recorded(self):
        """A sample of the recordings; --replay takes all of them."""
        for name, passed in (('pamt.jsonl.gz:pamt-001*', 10),
                             ('td.jsonl.gz:td-00[0-2]*', 29),
                             ('metadata.jsonl.gz:metadata-000*', 1),
                             ('tdmr-init.jsonl.gz:tdmr-init-000*', 8),
                             ('extended/dispatcher.jsonl.gz:*/000[0-3]', 20),
                             ('extended/td-lifecycle.jsonl.gz:*/0002', 14)):
            out = self.good('-q', '--replay', os.path.join(VECTORS, name))
            self.assertRegex(out, rf'^{passed} passed, 0 failed, \d+ refused'
                             '\n$', name)


if __name__ == '__main__':
    runner = pycotap.TAPTestRunner(
        message_log=pycotap.LogMode.LogToError,
        test_output_log=pycotap.LogMode.LogToError)
    result = unittest.main(testRunner=runner, exit=False)
    sys.exit(not result.result.wasSuccessful())
