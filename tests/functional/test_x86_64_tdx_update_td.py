#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""The TDX module is updated under TDs on KVM: idle ones, and ones that run."""

import re
import socket

from qemu_test import QemuSystemTest

import tdx_kvm

UPDATES = 5
INVALID = 'transferring:firmware-invalid'
# What KVM says where no module answers
SW_VMFAILINVALID = 0x8000ff00ffff0000


def connect(path):
    """To whom listens there"""
    line = socket.socket(socket.AF_UNIX)
    line.connect(path)
    return line


class TdxUpdateTd(tdx_kvm.TdxKvm):
    """Images, in a host that has TDs"""

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


class Lives(TdxUpdateTd):
    """Two TDs, and updates at that time"""

    def images(self):
        """So many good ones, and their names"""
        names = [f'u{n}.bin' for n in range(UPDATES)]
        return [self.image(name, f'version=1.5.{30 + n}')
                for n, name in enumerate(names)], names

    def live(self, cpus, **machine):
        """TDs run through updates, then stand still through as many more

        And end as if nothing had been.
        """
        files, names = self.images()
        said = self.run_script(f'''
            ln -s /td /blobs
            run hammer tdvmm --payload hammer.bin --smp {min(cpus, 2)} \\
                --tds 2 --until /done --seconds 600 &
            until_said "hammer begins" 2
            update_module
            killall -STOP tdvmm
            say "TDs stand still"
            update_module
            killall -CONT tdvmm
            touch /done
            wait
        ''', files=files, append=f'seam.update={",".join(names)}', **machine)
        wrote = self.assert_ended(said, 'hammer').splitlines()
        for td in range(2):
            self.assertIn(f'td{td}: ok hammer', wrote)
        steps = [line for line in said if line.startswith('update u')]
        self.assertEqual(steps, [
            f"update u{n % UPDATES}.bin: version 1.5.{30 + n % UPDATES}, "
            f"{30 - n} left, error '', to do 0" for n in range(2 * UPDATES)])
        # They did run at that time: the end came after all of it
        last = max(n for n, line in enumerate(said) if line in steps)
        end = min(said.index(f'hammer: td{td}: ok hammer') for td in range(2))
        self.assertLess(last, end)

    def test_one_cpu(self):
        self.live(1, smp='1')

    def test_four_cpus(self):
        self.live(4, smp='4')

    def test_two_packages(self):
        self.live(4, smp='4,sockets=2')

    def test_report(self):
        """Measured as before, by another module; who verifies takes both"""
        said = self.run_script('''
            ln -s /td /blobs
            run report tdvmm --payload report.bin --until /done --seconds 600 &
            until_said "report begins" 1
            update_module
            touch /done
            wait
        ''', files=[self.image('new.bin', svn_minor=14)],
            append='seam.update=new.bin', smp='1')
        # Of module 1.5.25 it is 13
        self.assertEqual(self.assert_ended(said, 'report').splitlines()[:4], [
            'svn 0xd, now 0xd', 'report begins', 'svn 0xd, now 0xe',
            'ok report'])

    def test_migration(self):
        """Updated, moved to another QEMU with its TDs, and updated there"""
        from seam import runner
        files, names = self.images()
        script = '''
            ln -s /td /blobs
            run hammer tdvmm --payload hammer.bin --smp 2 --tds 2 \\
                --until /done --seconds 600 &
            until_said "hammer begins" 2
            update_module
            say "move it"
            read answer < /dev/ttyS1
            say "moved"
            update_module
            touch /done
            wait
        '''
        # Only where it goes to somebody is at its second serial line
        line = ['-device', 'isa-serial,index=1,chardev=line', '-chardev']
        where = f'{self.socket_dir().name}/line'
        machine = {'initramfs': self.pack(script, *files), 'smp': '2',
                   'mem': '2G', 'append': 'kvm_intel.tdx=1 seam.mode=script '
                   f'seam.update={",".join(names[:2])}'}
        self.start(extra=[*line, 'null,id=line'], **machine)
        serial = self.log_file('target-serial.log')
        target = self.get_vm(*runner.arguments(
            kernel=self.need('build/guest/bzImage'), extra=[
                *line, f'socket,id=line,path={where},server=on,wait=off'],
            **machine),
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
        self.assertNotIn('seam: moved', before + self.read_serial())
        with connect(where) as answer:
            answer.sendall(b'\n')
            self.wait_line('seam: moved')
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


class Fails(TdxUpdateTd):
    """An update fails under a TD that runs: P-SEAMLDR 8.4, state by state

    On one CPU, and with a TD that touches no new memory: what KVM calls first
    is to enter the TD, and then, as the VMM ends, to block a page of it.  A
    kernel with Dynamic PAMT might come to add a pair of pages before that.
    """

    kernel = 'bzImage-static'

    def fail(self, image, fault=None):
        """The log of an update that fails, and then of another TD"""
        self.start_script('''
            ln -s /td /blobs
            run idle tdvmm --payload idle.bin --until /done --seconds 600 &
            until_said "idle begins" 1
            update_module
            wait
            run next tdvmm --payload hello.bin
        ''', files=[image], append='seam.update=bad.bin', smp='1',
            extra=['-object', f'tdx-fault,id=f,{fault}'] if fault else [])
        self.wait_line(tdx_kvm.DONE)
        self.vm.shutdown()
        text = self.read_serial()
        self.assertRegex(text, r'update bad\.bin: version none, \d+ left, '
                               f"error '{INVALID}'")
        return text[text.index('update begin'):]

    def assert_lines(self, text, *wanted):
        """What the kernel says from the failure on, but not of the loader"""
        have = re.findall(r'\] ((?:kvm|kvm_intel|WARNING|BUG): .*)', text)
        self.assertEqual(len(have), len(wanted), have)
        for line, pattern in zip(have, wanted):
            self.assertRegex(line, f'^{pattern}')

    # In the order of the kernel's life: it runs, its VMM ends, the next one
    WARNING = r'WARNING: at '
    REASON = (r'kvm: kvm \[\d+\]: vcpu0, guest rIP: 0xfff0 unexpected exit '
              r'reason 0x%x$')
    CALL = r'kvm_intel: SEAMCALL %s failed: 0x%x'
    LEAKED = r'kvm_intel: tdh_mng_vpflushdone\(\) failed\. HKID 3 is leaked\.$'

    def assert_answered(self, text, status):
        """A, C, D: the module answers, and KVM tells user space what"""
        self.assert_lines(
            text,
            rf'kvm_intel: kvm \[\d+\]: TD vp_enter_ret 0x{status:x}$',
            self.WARNING,   # KVM asks for RIP, which the next line has not
            self.REASON % status,
            self.WARNING, self.CALL % ('TDH_MEM_RANGE_BLOCK', status),
            self.LEAKED,
            self.WARNING, self.CALL % ('TDH_MNG_CREATE', status))
        self.assert_ends(text, status)

    def assert_ends(self, text, status):
        """The VMM is told, and no other TD comes to be"""
        self.assertIn('seam: idle: tdvmm: vCPU 0: KVM\'s internal error 4, '
                      f'TDH.VP.ENTER returned {status:#x}', text)
        # What KVM calls a bug is the end of the VM, what it reports is not
        given_up = 'seam: idle: tdvmm: vCPU 0: KVM has given the VM up: EIO'
        self.assertEqual(given_up in text, status == SW_VMFAILINVALID)
        self.assertIn('seam: idle: ended with 6', text)
        self.assertIn('seam: next: tdvmm: KVM_TDX_INIT_VM: ', text)
        self.assertIn('seam: next: ended with 7', text)

    def test_shut_down(self):
        """State A"""
        text = self.fail(self.image('bad.bin', svn_minor=4))
        self.assertIn('seamldr: SEAMCALL (0x8000000000000001) failed: '
                      '0x8000000000020000', text)
        self.assert_answered(text, 0xc000050600000000)

    def test_gone(self):
        """State B: no module answers, for which KVM has a BUG of its own"""
        from seam import blob
        image = blob.Image()
        image.describe(())
        image.pages = image.pages[:-1] + b'\1'
        path = self.scratch_file('bad.bin')
        with open(path, 'wb') as out:
            out.write(image.file())
        text = self.fail(f'bad.bin={path}')
        self.assertIn('seamldr: SEAMCALL (0x8000000000000001) failed: '
                      '0x8000000000020001', text)
        status = SW_VMFAILINVALID
        self.assert_lines(
            text,
            self.WARNING,   # the VM is dead, so that its end says no more
            self.WARNING, self.REASON % status,
            self.LEAKED,
            self.WARNING, self.CALL % ('TDH_MNG_CREATE', status))
        self.assert_ends(text, status)

    def test_initialisation(self):
        """State C: the new module does not start"""
        text = self.fail(self.image('bad.bin', module_hv=2))
        self.assertIn('virt/tdx: SEAMCALL (0x0000000000000021) failed: '
                      '0xc000050a00000000', text)
        self.assert_answered(text, 0xc000050500000000)

    def test_not_taken(self):
        """State D: it has started, and does not take the TD"""
        text = self.fail(self.image('bad.bin'), 'leaf=tdh.sys.update,'
                         'status=TDX_SYS_BUSY')
        self.assertIn('virt/tdx: SEAMCALL (0x0000000000000035) failed: '
                      '0x8000020200000000', text)
        self.assert_answered(text, 0xc000050500000000)


if __name__ == '__main__':
    QemuSystemTest.main()
