#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""The machine is saved in the middle of the kernel's own update of the module

gdb stops it there: at a SEAMCALL instruction all processors stand still, and it
is known which calls were made.
"""

import shutil
import subprocess
import time

from qemu_test import QemuSystemTest

import tdx_kvm
from tdx_update import UPDATE

INSTALL = 1 << 63 | 1
NEW = "update new.bin: version 1.5.26, 30 left, error '', to do 0"


class Snapshots(tdx_kvm.TdxKvm):
    """A host with a TD, and a disk for states of the machine"""

    def job(self, command, **args):
        """One that has to succeed"""
        self.vm.cmd(command, job_id='job', **args)
        end = time.monotonic() + tdx_kvm.SECONDS
        while True:
            jobs = self.vm.cmd('query-jobs')
            if jobs and jobs[0]['status'] == 'concluded':
                break
            self.assertLess(time.monotonic(), end, jobs)
            time.sleep(0.05)
        self.vm.cmd('job-dismiss', id='job')
        self.assertNotIn('error', jobs[0])

    def add_disk(self):
        """One that is empty"""
        path = self.scratch_file('disk.qcow2')
        with open(path, 'wb'):
            pass
        self.vm.cmd('blockdev-add', driver='file', node_name='file',
                    filename=path)
        self.job('blockdev-create', options={
            'driver': 'qcow2', 'file': 'file', 'size': 1 << 20})
        self.vm.cmd('blockdev-add', driver='qcow2', node_name='disk',
                    file='file')

    def gdb(self, socket, *lines):
        """What gdb prints for these commands; then the machine runs on"""
        program = shutil.which('gdb')
        if not program:
            self.skipTest('no gdb; install it')
        script = self.scratch_file('script.gdb')
        with open(script, 'w', encoding='utf-8') as out:
            out.write('\n'.join(['set pagination off', 'set confirm off',
                                 f'target remote {socket}', *lines,
                                 'delete', 'detach', '']))
        done = subprocess.run(
            [program, '-batch', '-nx', '-x', script,
             self.need('build/guest/vmlinux')], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=tdx_kvm.SECONDS, check=False)
        self.log.info('%s', done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def ends(self, number):
        """The update and the TD have ended well, for the @number-th time"""
        end = time.monotonic() + tdx_kvm.SECONDS
        while self.read_serial().count(tdx_kvm.DONE) < number:
            self.assertLess(time.monotonic(), end, f'no end {number}')
            time.sleep(0.2)
        for line in (NEW, 'idle: ok idle', 'idle: ended with 0'):
            self.assertEqual(self.read_serial().count(f'seam: {line}\n'),
                             number, line)
        self.assertEqual(self.vm.cmd('x-tdx-check'), {'consistent': True})
        loader = self.vm.cmd('query-tdx-module')['loader']
        self.assertEqual((loader['flow'], loader['installs']), ('ready', 1))
        self.assert_nothing_left()

    def load(self, tag):
        """The machine as it was then, with the module that it had then"""
        said = self.vm.cmd('human-monitor-command',
                           command_line=f'loadvm {tag}')
        self.assertEqual(said, '')

    def test_snapshots(self):
        """Saved in INSTALL's session and before UPDATE; each time it ends"""
        from seam import blob, tdxlog
        image = blob.Image()
        image.describe(['version=1.5.26'])
        path = self.scratch_file('new.bin')
        with open(path, 'wb') as out:
            out.write(image.file())
        socket = f'{self.socket_dir().name}/gdb'
        self.start_script('''
            ln -s /td /blobs
            run idle tdvmm --payload idle.bin --until /done --seconds 600 &
            until_said "idle begins" 1
            update_module
            touch /done
            wait
        ''', files=[f'new.bin={path}'], append='seam.update=new.bin',
            extra=['-S', '-gdb', f'unix:{socket},server=on,wait=off'])
        self.add_disk()
        text = self.gdb(
            socket, f'source {self.need("guest/seamcall.gdb")}',
            *[f'seamcall-break-in &{name}\ncondition {n} '
              f'$rax == {INSTALL:#x} || $rax == {UPDATE}' for n, name in
              ((1, '__seamcall'), (2, '__seamcall_ret'))],
            # The kernel's other CPU has made its call of INSTALL, this will
            'continue', 'continue', 'monitor info tdx',
            'monitor savevm install',
            'continue', 'monitor info tdx', 'monitor savevm update')
        self.assertRegex(text, r'sys-shutdown\n(.*\n)*.*handoff data of '
                         r'version 1; in SEAMLDR\.INSTALL, called by 1 LPs\n')
        self.assertRegex(text, r'sysinit-done\n(.*\n)*.*1 since the reset, 30 '
                         r'left; SVN \S+; handoff data of version 1\n')
        self.ends(1)
        for number, tag in enumerate(('update', 'install', 'update'), 2):
            self.load(tag)
            self.ends(number)
        self.vm.shutdown()
        self.assertEqual(tdxlog.faults(self.read_serial()), [])


if __name__ == '__main__':
    QemuSystemTest.main()
