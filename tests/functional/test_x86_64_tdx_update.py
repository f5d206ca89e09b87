#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""The TDX module is updated by an unmodified Linux 7.3.4 while it runs.

What the kernel does, says and leaves behind is that of P-SEAMLDR 8 and 11: by
its firmware-upload interface, with images of scripts/tdx-blob.
"""

import re

from qemu_test import QemuSystemTest

from test_x86_64_tdx_host import TdxGuest

# The kernel's line and both of its states after it, by the leaf that failed
SEAMCALL = r'virt/tdx: SEAMCALL \(0x%016x\) failed: 0x%016x'
LOADER = r'seamldr: SEAMCALL \(0x8000000000000001\) failed: 0x%016x'
RD, INIT, SHUTDOWN = 34, 33, 52
LP_INIT, UPDATE = 35, 53
NOT_LOADED = 'virt/tdx: module not loaded'
# Statuses that the kernel prints after a failed update
SAYS_SHUTDOWN, SAYS_NOT_READY, SAYS_LP_NOT_INIT = (
    0xc000050600000000, 0xc000050500000000, 0xc000050200000000)

GOOD = ''
INVALID = 'transferring:firmware-invalid'


def loader(status):
    """The one line of an INSTALL that failed"""
    return LOADER % status


def call(leaf, status):
    """The line of a leaf of the module"""
    return SEAMCALL % (leaf, status)


class TdxUpdate(TdxGuest):
    """Each test is one boot"""

    mistakes = '.*'     # those that a test is about

    def blobs(self, **images):
        """An initramfs with images; each is a function on a blob.Image"""
        from seam import blob
        files = {}
        for name, make in images.items():
            image = blob.Image()
            data = make(image)
            files[name] = image.file() if data is None else data
        both = self.scratch_file('initramfs.gz')
        blob.initramfs(self.need('build/guest/initramfs.gz'), files, both)
        return both

    def update(self, steps, images, smp='2', look=None, **machine):
        """The log of a boot that makes these steps, and what came of each"""
        self.start(initramfs=self.blobs(**images), smp=smp,
                   mem=machine.pop('mem', '1G'), append=(
                       f'seam.mode=update seam.update={",".join(steps)}'),
                   **machine)
        self.wait('SHUTDOWN')
        if look:
            look()
        log, = self.boots()
        said = re.findall(r"seam: update (\S+): version (\S+), (\S+) left, "
                          r"error '(.*)', to do (\d+)", self.read_serial())
        return log, [(name, version, left, error)
                     for name, version, left, error, _ in said]

    def lines(self):
        """What the kernel says of TDX from the first step to switching off

        Without the registers that follow some lines.
        """
        text = self.read_serial()
        text = text[text.index('seam: update begin'):]
        return [line for line in
                re.findall(r'(?:virt/tdx|seamldr): (?!R[0-9C]).*', text)
                if 'TDH.SYS.DISABLE' not in line]

    def disable(self):
        """The status of TDH.SYS.DISABLE at the end, where it was told"""
        return re.findall(r'virt/tdx: TDH.SYS.DISABLE failed: 0x(\w+)',
                          self.read_serial())

    def modules_calls(self):
        """Calls of each leaf, by number, and the loader's by name"""
        module = self.vm.cmd('query-tdx-module')
        calls = {leaf['number']: leaf['calls'] for leaf in module['leaves']}
        calls.update((leaf['name'], leaf['calls'])
                     for leaf in module['loader']['leaves'])
        return calls


def described(*settings, pages=1):
    """An image with this description"""
    return lambda image: image.describe(settings, pages)


def signed(**fields):
    """One with these fields in its SIGSTRUCT"""
    def make(image):
        image.describe(())
        for name, value in fields.items():
            image.set(name, value)
        image.sign()
    return make


def spoilt(**fields):
    """One whose SIGSTRUCT was changed after it was signed"""
    def make(image):
        image.describe(())
        for name, value in fields.items():
            image.set(name, value)
    return make


class Works(TdxUpdate):
    """Updates that succeed, of which the kernel says nothing"""

    def good(self, smp, **machine):
        calls = {}
        _, steps = self.update(
            ['a.bin', 'b.bin'],
            {'a.bin': described('version=1.5.26', pages=101),
             'b.bin': described('version=1.6.01', pages=496)},
            smp=smp, look=lambda: calls.update(self.modules_calls()),
            **machine)
        self.assertEqual(steps, [('begin', '1.5.25', '31', GOOD),
                                 ('a.bin', '1.5.26', '30', GOOD),
                                 ('b.bin', '1.6.01', '29', GOOD)])
        self.assertEqual(self.lines() + self.disable(), [])
        self.assertIn('seam: update: P-SEAMLDR 1.5.00', self.read_serial())
        # For each: 1 SHUTDOWN, n INSTALL, 1 INIT, n LP.INIT, 1 UPDATE
        cpus = int(smp.split(',')[0])
        self.assertEqual(calls[SHUTDOWN], 2)
        self.assertEqual(calls['SEAMLDR.INSTALL'], 2 * cpus)
        self.assertEqual(calls[INIT], 1 + 2)
        self.assertEqual(calls[LP_INIT], cpus + 2 * cpus)
        self.assertEqual(calls[UPDATE], 2)

    def test_one_cpu(self):
        self.good('1')

    def test_four_cpus(self):
        self.good('4')

    def test_two_packages(self):
        self.good('4,sockets=2')

    def test_until_used_up(self):
        """20 in a row, and the one too many costs TDX (state A)"""
        names = [f'u{n}.bin' for n in range(21)]
        _, steps = self.update(
            names, {name: described(f'version=1.5.{30 + n}')
                    for n, name in enumerate(names)},
            module='seamdb-size=21')
        self.assertEqual([s[2] for s in steps[:21]],
                         [str(20 - n) for n in range(21)])
        self.assertEqual([s[1] for s in steps[1:21]],
                         [f'1.5.{30 + n}' for n in range(20)])
        self.assertEqual(steps[21], ('u20.bin', 'none', '0', INVALID))
        self.assertEqual(len(self.lines()), 1)
        self.assertRegex(self.lines()[0], loader(0x8000000000000003))

    def test_another_dynamic_pamt(self):
        """From a module without Dynamic PAMT to one with it"""
        _, steps = self.update(
            ['a.bin'], {'a.bin': described('version=1.5.26')},
            module='dynamic-pamt=off')
        self.assertEqual(steps[1], ('a.bin', '1.5.26', '30', GOOD))
        self.assertEqual(self.lines(), [])

    def test_off(self):
        """A module that cannot be updated has no such interface"""
        self.update([], {}, module='update=off')
        self.assertIn('seam: update: this kernel or module has none',
                      self.read_serial())


class Refused(TdxUpdate):
    """Files and images that are refused: P-SEAMLDR 11, row by row"""

    def test_file(self):
        """State 0: the kernel looks at the file, and nothing was called"""
        def header(**fields):
            def make(image):
                image.describe(())
                image.header.update(fields)
            return make

        def reserved(image):
            image.describe(())
            data = bytearray(image.file())
            data[4000] = 1
            return data

        def short(image):
            image.describe(())
            return image.file()[:-1]

        images = {
            'empty.bin': lambda image: b'TDX',
            'short.bin': short,
            'version.bin': header(version=0x100),
            'signature.bin': header(signature=b'TDX-BLOC'),
            'counts.bin': header(module_pages=2),
            'reserved.bin': reserved,
        }
        calls = {}
        _, steps = self.update(
            [*images, 'good.bin'],
            {**images, 'good.bin': described('version=1.5.26')},
            look=lambda: calls.update(self.modules_calls()))
        for step in steps[1:-1]:
            self.assertEqual(step[1:], ('1.5.25', '31', INVALID), step[0])
        self.assertEqual(steps[-1][1:], ('1.5.26', '30', GOOD))
        self.assertEqual(self.lines(), [])
        self.assertEqual(calls[SHUTDOWN], 1)
        self.assertEqual(calls['SEAMLDR.INSTALL'], 2)

    def state_a(self, status, make, **machine):
        """The old module stays, shut down: nothing works until a reboot"""
        _, steps = self.update(
            ['bad.bin', '-cpu1', 'good.bin', '+cpu1'],
            {'bad.bin': make, 'good.bin': described('version=1.5.26')},
            **machine)
        self.assertEqual([s[1:] for s in steps[1:]],
                         [('none', steps[0][2], INVALID)] * 2)
        said = self.lines()
        self.assertRegex(said[0], loader(status))
        self.assertRegex(said[1], call(RD, SAYS_SHUTDOWN))
        self.assertRegex(said[2], call(INIT, SAYS_SHUTDOWN))
        self.assertEqual(said[3:], [])
        self.assertIn('seam: update +cpu1: refused', self.read_serial())
        self.assertEqual(self.disable(), [f'{SAYS_SHUTDOWN:x}'])

    def test_no_pages(self):
        def make(image):
            image.describe(())
            image.pages = b''
        self.state_a(0x8000000000000000, make)

    def test_no_sigstruct(self):
        def make(image):
            image.describe(())
            image.header['sigstruct_pages'] = 0
        self.state_a(0x8000000000020000, make)

    def test_field(self):
        self.state_a(0x8000000000020000, signed(header_type=5))

    def test_key(self):
        self.state_a(0x8000000000020000, signed(modulus_size=0x61))

    def test_signature(self):
        self.state_a(0x8000000000020000, spoilt(svn_minor=14))

    def test_debug(self):
        self.state_a(0x8000000000020000, signed(module_type=1 << 31))

    def test_no_processors(self):
        self.state_a(0x8000000000020000, signed(cpuid_table_size=0))

    def test_other_processor(self):
        def make(image):
            image.set_cpus([0x906ea])
            image.describe(())
        self.state_a(0x8000000000010004, make)

    def test_major_svn(self):
        self.state_a(0x8000000000000006, signed(svn_major=2))

    def test_minor_svn(self):
        self.state_a(0x8000000000020000, signed(svn_minor=4))

    def test_too_large(self):
        self.state_a(0x8000000000010002, signed(num_global_pages=0xffff))

    def test_used_up(self):
        self.state_a(0x8000000000000003, described(), module='seamdb-size=1')

    def test_handoff_too_new(self):
        self.state_a(0x8000000000000004,
                     described('module-hv=0', 'no-downgrade=1'))

    def test_handoff_too_old(self):
        self.state_a(0x8000000000000004,
                     described('module-hv=2', 'min-update-hv=2'))

    def state_b(self, lines, images, steps=('bad.bin', 'good.bin'),
                **machine):
        """No module is there: nothing is said of it but once"""
        _, said = self.update(list(steps), {
            'good.bin': described('version=1.5.26'), **images}, **machine)
        self.assertEqual([s[1] for s in said[1:]], ['none'] * (len(said) - 1))
        self.assertEqual([s[3] for s in said[1:]],
                         [INVALID] * (len(said) - 1))
        have = self.lines()
        self.assertEqual(len(have), len(lines), have)
        for line, wanted in zip(have, lines):
            self.assertRegex(line, wanted)
        self.assertEqual(self.disable(), [])

    def test_bytes_changed(self):
        def make(image):
            image.describe(())
            image.pages = image.pages[:-1] + b'\1'
        self.state_b([loader(0x8000000000020001)], {'bad.bin': make})

    def test_not_understood(self):
        def make(image):
            image.keys['colour'] = '1'
            image.describe(())
        self.state_b([loader(0x8000000000000000)], {'bad.bin': make})

    def test_cpu_offline(self):
        """All calls of INSTALL succeed, and nothing is installed"""
        self.state_b([NOT_LOADED], {}, steps=('-cpu1', 'good.bin'), smp='3')

    def state_c(self, status, make):
        """SYS.INIT fails; the result is kept, and never asked for again"""
        _, steps = self.update(
            ['bad.bin', 'good.bin'],
            {'bad.bin': make, 'good.bin': described('version=1.5.26')})
        self.assertEqual([s[1:] for s in steps[1:]],
                         [('none', '30', INVALID)] * 2)
        said = self.lines()
        self.assertEqual(len(said), 2, said)
        self.assertRegex(said[0], call(INIT, status))
        self.assertRegex(said[1], call(RD, SAYS_LP_NOT_INIT))

    def test_sigstruct_of_another(self):
        self.state_c(0xc000050a00000000, signed(module_hv=2))

    def test_handoff_pages(self):
        self.state_c(0xc000050a00000000, signed(num_handoff_pages=12))

    def test_needs_msr(self):
        self.state_c(0xc00009210000010a, described(
            'need-msr=0x10a', 'need-mask=0x8000000000000000',
            'need-value=0x8000000000000000'))


class Faults(TdxUpdate):
    """What no file can bring about: injected"""

    def fault(self, fault, smp='2'):
        _, steps = self.update(
            ['bad.bin', 'good.bin'],
            {'bad.bin': described('version=1.5.26'),
             'good.bin': described('version=1.5.27')},
            smp=smp, extra=['-object', f'tdx-fault,id=f,{fault}'])
        return steps[1:], self.lines()

    def test_shutdown(self):
        """State 0: goes on as if nothing had been"""
        steps, said = self.fault('leaf=tdh.sys.shutdown,status=TDX_SYS_BUSY')
        self.assertEqual(steps[0][1:], ('1.5.25', '31', INVALID))
        self.assertEqual(steps[1][1:], ('1.5.27', '30', GOOD))
        self.assertEqual(len(said), 1)
        self.assertRegex(said[0], call(SHUTDOWN, 0x8000020200000000))

    def test_loader_busy_one_cpu(self):
        """State A, and nothing is said of why"""
        steps, said = self.fault(
            'leaf=seamldr.install,status=vmfailinvalid', smp='1')
        self.assertEqual(steps[0][1:], ('none', '31', INVALID))
        self.assertEqual(len(said), 1, said)
        self.assertRegex(said[0], call(RD, SAYS_SHUTDOWN))

    def test_loader_busy(self):
        """State B: the session stays open for ever

        Were it the first call, the other CPU might not make its own, having
        seen the failure: nothing would be open then.
        """
        steps, said = self.fault(
            'leaf=seamldr.install,status=vmfailinvalid,nth=2')
        self.assertEqual([s[3] for s in steps], [INVALID] * 2)
        self.assertEqual(said, [])

    def test_entropy(self):
        steps, said = self.fault('leaf=seamldr.install,status=ENOENTROPY')
        self.assertEqual([s[1] for s in steps], ['none'] * 2)
        self.assertRegex(said[0], loader(0x8000000000030001))
        self.assertRegex(said[1], call(RD, SAYS_SHUTDOWN))

    def test_entropy_late(self):
        steps, said = self.fault('leaf=seamldr.install,status=ENOENTROPY,'
                                 'operand=unrecoverable')
        self.assertEqual([s[1] for s in steps], ['none'] * 2)
        self.assertEqual(len(said), 1, said)
        self.assertRegex(said[0], loader(0x8000000000030001))

    def test_apic_id(self):
        steps, said = self.fault('leaf=seamldr.install,status=EUNSPECERR,nth=2')
        self.assertEqual([s[1] for s in steps], ['none'] * 2)
        self.assertEqual(len(said), 1, said)
        self.assertRegex(said[0], loader(0x8000000000010003))

    def test_lp_init(self):
        """State D: two calls were made at boot, the third fails"""
        steps, said = self.fault('leaf=tdh.sys.lp.init,status='
                                 'TDX_INCONSISTENT_MSR,operand=0x10a,nth=3')
        self.assertEqual([s[1] for s in steps], ['none'] * 2)
        self.assertRegex(said[0], SEAMCALL.replace('016x', 's') % (
            f'{LP_INIT:016x}', '[0-9a-f]{16}'))

    def test_update(self):
        """State D, from which the kernel does not come back"""
        steps, said = self.fault(
            'leaf=tdh.sys.update,status=TDX_SYS_INVALID_HANDOFF')
        self.assertEqual([s[1] for s in steps], ['none'] * 2)
        self.assertEqual(len(said), 2, said)
        self.assertRegex(said[0], call(UPDATE, 0xc000050900000000))
        self.assertRegex(said[1], call(SHUTDOWN, SAYS_NOT_READY))

    def fault_of_read(self, nth):
        """The log of an update whose nth TDH.SYS.RD fails"""
        self.start(initramfs=self.blobs(**{
            'a.bin': described('version=1.5.26')}), smp='2', mem='1G',
            append='seam.mode=update seam.update=a.bin seam.hold=1')
        self.wait_reports(1)
        self.vm.cmd('object-add', qom_type='tdx-fault', id='f',
                    leaf='tdh.sys.rd', nth=nth,
                    status='TDX_METADATA_FIELD_ID_INCORRECT')
        self.wait('SHUTDOWN')
        self.vm.shutdown()
        return self.read_serial()

    def test_version_of_data(self):
        """State 0: MODULE_HV cannot be read, and that is all"""
        text = self.fault_of_read(1)
        self.assertIn("seam: update a.bin: version 1.5.25, 31 left, "
                      f"error '{INVALID}'", text)
        self.assertRegex(text, call(RD, 0xc0000c0000000000))
        self.assertEqual(self.disable(), [])

    def test_init(self):
        """State C; the first call was made at boot"""
        steps, said = self.fault(
            'leaf=tdh.sys.init,status=TDX_SYS_BUSY,nth=2')
        self.assertEqual([s[1:] for s in steps],
                         [('none', '30', INVALID)] * 2)
        self.assertEqual(len(said), 2, said)
        self.assertRegex(said[0], call(INIT, 0x8000020200000000))
        self.assertRegex(said[1], call(RD, SAYS_LP_NOT_INIT))

    def test_version_unreadable(self):
        """After the update: a warning, and the old numbers"""
        text = self.fault_of_read(4)
        self.assertIn("seam: update a.bin: version 1.5.25, 30 left, "
                      "error ''", text)
        self.assertIn('WARNING: ', text)


if __name__ == '__main__':
    QemuSystemTest.main()
