#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""The TDX module is updated by an unmodified Linux 7.3.4 while it runs.

What the kernel does, says and leaves behind is that of P-SEAMLDR 8 and 11: by
its firmware-upload interface, with images of scripts/tdx-blob.
"""

from qemu_test import QemuSystemTest

from tdx_update import (
    RD, INIT, SHUTDOWN, LP_INIT, UPDATE, NOT_LOADED, SAYS_SHUTDOWN,
    SAYS_LP_NOT_INIT, GOOD, INVALID, loader, call, described, without, signed,
    spoilt, TdxUpdate)


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

    def dynamic_pamt(self, dynamic, image, **machine):
        """A kernel without Dynamic PAMT, an update, and one that may have it

        Linux asks once, at boot: the next kernel is the one that finds it.
        """
        first, second = self.kexec(
            initramfs=self.blobs(**{'a.bin': image}), dynamic=False,
            append='seam.update=a.bin', **machine)
        self.assertIn("seam: update a.bin: version 1.5.26, 30 left, "
                      "error '', to do 0", first.lines)
        self.assertFalse(first.has('TDH.SYS.DISABLE failed'))
        self.assert_initialized(second, dynamic=dynamic)

    def test_dynamic_pamt(self):
        """A module without it is replaced by one that has it"""
        self.dynamic_pamt(True, described('version=1.5.26'),
                          module='dynamic-pamt=off')

    def test_no_dynamic_pamt(self):
        """The other way; one whose Dynamic PAMT is in use would be refused"""
        self.dynamic_pamt(False, without('DYNAMIC_PAMT', 'version=1.5.26'),
                          kernel='bzImage-static')

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
            'length.bin': header(module_pages=2),
            # Of this length, but the counts are too high
            'sigstructs.bin': header(sigstruct_pages=2),
            'pages.bin': described(pages=497),
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

    def test_key_size(self):
        self.state_a(0x8000000000020000, signed(modulus_size=0x61))

    def test_key(self):
        """Signed as it must be, but by nobody whom the loader knows"""
        def make(image):
            image.describe(())
            image.set_key('ANOTHER KEY THAT IS NONE. ')
            image.sign()
        self.state_a(0x8000000000020000, make)

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
        calls = {}
        self.state_b([NOT_LOADED], {}, steps=('-cpu1', 'good.bin'), smp='3',
                     look=lambda: calls.update(self.loader()))
        self.assertEqual(calls['SEAMLDR.INSTALL'], (2, 0))
        self.assertEqual((calls['flow'], calls['lps-called'],
                          calls['installs']), ('install', 2, 0))

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


if __name__ == '__main__':
    QemuSystemTest.main()
