#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""The TDX module is updated under TDs on KVM: idle ones, and ones that run."""

import re

from qemu_test import QemuSystemTest

import tdx_kvm

UPDATES = 5
INVALID = 'transferring:firmware-invalid'


class TdxUpdateTd(tdx_kvm.TdxKvm):
    """Two TDs, and updates at that time"""

    mistakes = '.*'

    def image(self, name, *settings, **sigstruct):
        """NAME=FILE of a module"""
        from seam import blob
        image = blob.Image()
        image.describe(settings)
        for field, value in sigstruct.items():
            image.set(field, value)
        image.sign()
        path = self.scratch_file(name)
        with open(path, 'wb') as out:
            out.write(image.file())
        return f'{name}={path}'

    def images(self):
        """So many good ones, and their names"""
        names = [f'u{n}.bin' for n in range(UPDATES)]
        return [self.image(name, f'version=1.5.{30 + n}')
                for n, name in enumerate(names)], names

    def assert_updated(self, said):
        """All of them"""
        steps = [line for line in said if line.startswith('update u')]
        self.assertEqual(steps, [
            f"update u{n}.bin: version 1.5.{30 + n}, {30 - n} left, "
            f"error '', to do 0" for n in range(UPDATES)])

    def test_running(self):
        """The TDs go on, and end as if nothing had been"""
        files, names = self.images()
        said = self.run_script('''
            ln -s /td /blobs
            run hammer tdvmm --payload hammer.bin --smp 2 --tds 2 \\
                --until /done --seconds 600 &
            sleep 2
            update_module
            touch /done
            wait
        ''', files=files, append=f'seam.update={",".join(names)}')
        wrote = self.assert_ended(said, 'hammer').splitlines()
        for td in range(2):
            self.assertIn(f'td{td}: ok hammer', wrote)
        self.assert_updated(said)
        # They did run between the updates, not before and after alone
        at = [said.index(line) for line in said if line.startswith('update u')]
        end = min(said.index(f'hammer: td{td}: ok hammer') for td in range(2))
        self.assertLess(at[-1], end)

    def test_idle(self):
        """TDs that are built and stopped go on under the last module"""
        files, names = self.images()
        said = self.run_script('''
            ln -s /td /blobs
            run hammer tdvmm --payload hammer.bin --smp 2 --tds 2 \\
                --until /done --seconds 600 &
            sleep 2
            killall -STOP tdvmm
            update_module
            killall -CONT tdvmm
            touch /done
            wait
        ''', files=files, append=f'seam.update={",".join(names)}')
        wrote = self.assert_ended(said, 'hammer').splitlines()
        for td in range(2):
            self.assertIn(f'td{td}: ok hammer', wrote)
        self.assert_updated(said)

    def test_migration(self):
        """Updated, moved to another QEMU with its TDs, and updated there"""
        from seam import runner
        files, names = self.images()
        script = '''
            ln -s /td /blobs
            run hammer tdvmm --payload hammer.bin --smp 2 --tds 2 \\
                --until /done --seconds 600 &
            sleep 2
            update_module
            say "move it"
            sleep 5
            update_module
            touch /done
            wait
        '''
        machine = {'initramfs': self.pack(script, *files), 'smp': '2',
                   'mem': '2G', 'append': 'kvm_intel.tdx=1 seam.mode=script '
                   f'seam.update={",".join(names[:2])}'}
        self.start(**machine)
        serial = self.log_file('target-serial.log')
        target = self.get_vm(*runner.arguments(
            kernel=self.need('build/guest/bzImage'), **machine),
            '-no-shutdown', '-no-reboot', '-serial', f'file:{serial}',
            '-incoming', 'defer', name='target')
        target.launch()
        uri = f'unix:{self.socket_dir().name}/migration'
        target.cmd('migrate-incoming', uri=uri)
        self.wait_line('seam: move it')
        self.vm.cmd('migrate', uri=uri)
        # Then it has all, which its own stop does not tell
        self.assertTrue(target.event_wait('RESUME', tdx_kvm.SECONDS))
        before, self.serial = self.read_serial(), serial
        self.vm.shutdown()
        self._vms['default'] = target
        self.wait_line(tdx_kvm.DONE)
        after = self.read_serial()
        loader = target.cmd('query-tdx-module')['loader']
        self.assertEqual(target.cmd('x-tdx-check'), {'consistent': True})
        target.shutdown()
        self.assertIn('update u1.bin: version 1.5.31, 29 left', before)
        self.assertIn('update u1.bin: version 1.5.31, 27 left', after)
        self.assertEqual(loader['installs'], 4)
        for td in range(2):
            self.assertIn(f'td{td}: ok hammer', before + after)

    def test_gone(self):
        """State B: no module answers, for which KVM has a BUG of its own"""
        from seam import blob
        image = blob.Image()
        image.describe(())
        image.pages = image.pages[:-1] + b'\1'
        path = self.scratch_file('bad.bin')
        with open(path, 'wb') as out:
            out.write(image.file())
        text = self.fail_under_td(f'bad.bin={path}')
        self.assertIn('SEAMCALL (0x8000000000000001) failed: '
                      '0x8000000000020001', text)
        self.assertIn('WARNING: ', text)
        self.assertIn('ended with', text)

    def refused(self, image, status):
        """KVM gets this status, and says so"""
        text = self.fail_under_td(image)
        # Whichever it calls first: to enter the TD, or to map a page
        self.assertTrue(re.search(
            r'kvm_intel: (kvm \[\d+\]: TD vp_enter_ret|'
            rf'SEAMCALL TDH_MEM_PAGE_AUG failed:) 0x{status:x}', text))
        self.assertRegex(
            text, r'kvm_intel: tdh_mng_vpflushdone\(\) failed. HKID \d+ is '
            'leaked')

    def fail_under_td(self, image):
        """The log of an update that fails and so costs a TD that runs"""
        self.start_script('''
            ln -s /td /blobs
            run hammer tdvmm --payload hammer.bin --smp 1 \\
                --argument 1000000 --seconds 60 &
            sleep 2
            update_module
            wait
        ''', files=[image], append='seam.update=bad.bin')
        self.wait_line(tdx_kvm.DONE)
        self.vm.shutdown()
        text = self.read_serial()
        self.assertIn("update bad.bin: version none, ", text)
        self.assertIn(f"error '{INVALID}'", text)
        return text

    def test_refused(self):
        """State A: each entry is answered TDX_SYS_SHUTDOWN"""
        self.refused(self.image('bad.bin', svn_minor=4), 0xc000050600000000)

    def test_initialisation(self):
        """State C: the new module does not start"""
        self.refused(self.image('bad.bin', module_hv=2), 0xc000050500000000)


if __name__ == '__main__':
    QemuSystemTest.main()
