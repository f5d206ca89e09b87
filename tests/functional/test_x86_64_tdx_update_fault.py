#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""What no file makes fail of an update of the TDX module: injected (tdx-fault)

What Linux 7.3.4 says and leaves behind is that of P-SEAMLDR 8 and 11.
"""

import re

from qemu_test import QemuSystemTest

from tdx_update import (
    RD, INIT, SHUTDOWN, LP_INIT, UPDATE, SAYS_SHUTDOWN, SAYS_NOT_READY,
    SAYS_LP_NOT_INIT, GOOD, INVALID, loader, call, described, TdxUpdate)


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

    def lp_init(self, smp, nth):
        """State D: that call of LP.INIT fails; what the next upload meets"""
        steps, said = self.fault(f'leaf=tdh.sys.lp.init,nth={nth},status='
                                 'TDX_INCONSISTENT_MSR,operand=0x10a', smp)
        self.assertEqual([s[1:] for s in steps],
                         [('none', '30', INVALID)] * 2)
        self.assertEqual(len(said), 2, said)
        self.assertRegex(said[0], call(LP_INIT, 0xc00009200000010a))
        return said[1]

    def test_lp_init_one_cpu(self):
        """One call was made at boot, and the second one fails"""
        self.assertRegex(self.lp_init('1', 2), call(RD, SAYS_LP_NOT_INIT))

    def test_lp_init(self):
        """Whichever of two CPUs comes first; the next upload is on CPU 0"""
        said = self.lp_init('2', 3)
        self.assertTrue(re.match(call(RD, SAYS_LP_NOT_INIT), said) or
                        re.match(call(SHUTDOWN, SAYS_NOT_READY), said), said)

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

    def info(self, status):
        """The log of a host whose loader does not tell of itself"""
        self.start(initramfs=self.blobs(), smp='1', mem='1G',
                   append='seam.mode=update seam.update=', extra=[
                       '-object', 'tdx-fault,id=f,leaf=seamldr.info,count=0,'
                       f'status={status}'])
        self.wait('SHUTDOWN')
        calls, errors = self.loader()['SEAMLDR.INFO']
        self.vm.shutdown()
        text = self.read_serial()
        self.assertIn('seam: update: P-SEAMLDR \n', text)
        self.assertIn("seam: update begin: version 1.5.25, no left, error ''",
                      text)
        # At least one for each of the two files
        self.assertGreaterEqual(errors, 2)
        self.assertEqual(calls, errors)
        return text, errors

    def test_info(self):
        """Each read of a file fails and is told; all else goes on"""
        text, errors = self.info('EBADPARAM')
        self.assertIn('Input/output error', text)
        self.assertEqual(re.findall('seamldr: (?!R[0-9C]).*', text), [
            'seamldr: SEAMCALL (0x8000000000000000) failed: '
            '0x8000000000000000'] * errors)

    def test_info_busy(self):
        """The same without a word"""
        text, _ = self.info('vmfailinvalid')
        self.assertIn('No such device', text)
        self.assertEqual(re.findall('seamldr: .*', text), [])


if __name__ == '__main__':
    QemuSystemTest.main()
