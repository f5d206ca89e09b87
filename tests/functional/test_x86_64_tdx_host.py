#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Real Linux kernels as TDX hosts: what each machine makes of the module.

The kernels and the initramfs are those of guest/build in the directory that
SEAM_TOP names; without them the tests are skipped.
"""

import os
import re
import stat
import subprocess
import time

from qemu_test import QemuSystemTest

TOP = os.environ.get('SEAM_TOP', '')
BOOT_SECONDS = 900


class TdxGuest(QemuSystemTest):
    """What each test of a guest needs; every log is searched for faults"""

    timeout = 4 * BOOT_SECONDS
    mistakes = 'none'   # what each line of QEMU's log of guest errors matches

    def setUp(self):
        super().setUp()
        self.need('scripts/seam/runner.py')
        self.serial = self.log_file('serial.log')
        self.errors = self.log_file('guest-errors.log')

    def need(self, name):
        """The path of a file under SEAM_TOP, or the test is skipped"""
        path = os.path.join(TOP, name)
        if not TOP or not os.path.exists(path):
            self.skipTest(f'no {name}: SEAM_TOP must name the directory in '
                          'which guest/build has run')
        return path

    def start(self, kernel='bzImage', initramfs=None, reboots=False,
              append='', **machine):
        """Start a guest that stays paused after it has switched itself off

        QEMU's log must have no mistake of it, unless faults are injected or
        the test says which ones are to be expected.
        """
        from seam import runner
        if any('tdx-fault' in word for word in machine.get('extra', ())):
            self.mistakes = '.*'
        if '-D' not in machine.get('extra', ()):
            self.vm.add_args('-d', 'guest_errors', '-D', self.errors)
        self.vm.add_args(
            *runner.arguments(
                kernel=self.need(f'build/guest/{kernel}'),
                initramfs=(initramfs or
                           self.need('build/guest/initramfs.gz')),
                append=append, **machine),
            '-no-shutdown', '-serial', f'file:{self.serial}')
        if not reboots:
            self.vm.add_args('-no-reboot')
        self.vm.launch()

    def wait(self, event):
        """Until QEMU tells of @event"""
        try:
            problem = None
            if not self.vm.event_wait(event, timeout=BOOT_SECONDS):
                problem = f'none in {BOOT_SECONDS} s'
        except Exception as error:  # the timeout's class is QEMU's own affair
            problem = repr(error)
        if problem:
            tail = self.read_serial().splitlines()[-3:]
            self.fail(f'no {event} ({problem}); the log ends: {tail}')

    def wait_reports(self, number):
        """Until user space has reported @number times"""
        from seam import runner
        end = time.monotonic() + BOOT_SECONDS
        while self.read_serial().count(runner.REPORT_END) < number:
            self.assertTrue(self.vm.is_running(), 'QEMU ended')
            self.assertLess(time.monotonic(), end,
                            f'no {number} reports in {BOOT_SECONDS} s')
            time.sleep(0.2)

    def wait_line(self, line):
        """Until user space says @line"""
        end = time.monotonic() + BOOT_SECONDS
        while line not in self.read_serial():
            self.assertTrue(self.vm.is_running(), 'QEMU ended')
            self.assertLess(time.monotonic(), end,
                            f'no "{line}" in {BOOT_SECONDS} s')
            time.sleep(0.2)

    def read_serial(self):
        with open(self.serial, encoding='utf-8', errors='replace') as src:
            return src.read()

    def read_errors(self):
        """QEMU's lines about mistakes of the guest"""
        if not os.path.exists(self.errors):
            return []
        with open(self.errors, encoding='utf-8') as src:
            return src.read().splitlines()

    def boots(self, number=1, panic=None):
        """The logs of the first @number boots

        None has a fault, or none but the kernel's @panic.
        """
        from seam import tdxlog
        self.vm.shutdown()
        text = self.read_serial()
        faults = tdxlog.faults(text)
        if panic:
            wanted = f'Kernel panic - not syncing: {panic}'
            self.assertIn(wanted, text)
            faults = [fault for fault in faults if wanted not in fault]
        self.assertEqual(faults, [])
        self.assertEqual([line for line in self.read_errors()
                          if not re.fullmatch(self.mistakes, line)], [])
        parts = tdxlog.boots(text)[:number]
        self.assertEqual(len(parts), number)
        return [tdxlog.TdxLog(part) for part in parts]

    def boot(self, **how):
        """One boot up to switching off; its log"""
        self.start(**how)
        self.wait('SHUTDOWN')
        log, = self.boots()
        self.assertTrue(log.reported, 'user space did not report')
        return log

    def assert_initialized(self, log, dynamic, tdmrs=None):
        """The module came up, with PAMTs of the size that the mode takes"""
        from seam import tdxlog
        self.assertTrue(log.initialized, log.reason())
        self.assertEqual(log.dynamic, dynamic)
        self.assertIn('tdx_host_platform', log.flags)
        if tdmrs is not None:
            self.assertEqual(len(log.tdmrs), tdmrs)
        self.assertEqual(log.pamt_kb, tdxlog.pamt_kb(log.tdmrs, dynamic))

    def assert_not_initialized(self, log, line):
        """The kernel says @line, and goes on without TDX"""
        self.assertTrue(log.has(line), f'no "{line}"')
        self.assertFalse(log.initialized)
        self.assertFalse(log.dynamic)

    def assert_nothing_left(self, dynamic=True):
        """No TD, no key, and each page that can be used is free"""
        self.assertEqual(self.vm.cmd('query-tdx-tds', vcpus=True)['tds'], [])
        keyids = self.vm.cmd('query-tdx-module')['keyids']
        self.assertEqual((keyids['assigned'], keyids['flushed']), (0, 0))
        pamt = self.vm.cmd('query-tdx-pamt', view='summary')
        self.assertEqual(pamt['dynamic'], dynamic)
        for tdmr in pamt['tdmrs']:
            self.assertLessEqual(set(tdmr['counts']), {'nda', 'rsvd'})
        self.assertEqual(
            self.vm.cmd('query-tdx-pamt', view='pairs').get('pairs', []), [])

    def leaves(self):
        """{leaf: (calls, errors)}"""
        return {leaf['name']: (leaf['calls'], leaf['errors'])
                for leaf in self.vm.cmd('query-tdx-module')['leaves']}

    def kexec(self, look=lambda: None, initramfs=None, dynamic=True,
              append='', **machine):
        """The logs of a kernel and of the one that kexec starts from it

        @look is called when that has switched itself off; @dynamic is what
        the first one says.
        """
        from seam import cpio
        with open(self.need('build/guest/bzImage'), 'rb') as src:
            kernel = cpio.compressed(
                [('bzImage', stat.S_IFREG | 0o644, src.read())])
        with open(initramfs or self.need('build/guest/initramfs.gz'),
                  'rb') as src:
            first = src.read()
        both = self.scratch_file('kexec-initramfs.gz')
        with open(both, 'wb') as out:
            out.write(first + kernel)
        self.start(initramfs=both, smp='2', mem='2G',
                   append=f'seam.mode=kexec retain_initrd {append}', **machine)
        self.wait('SHUTDOWN')
        look()
        first, second = self.boots(2)
        self.assert_initialized(first, dynamic=dynamic)
        self.assertTrue(second.reported, 'user space did not report')
        return first, second


class TdxHost(TdxGuest):
    """One boot a test"""

    def test_one_cpu(self):
        log = self.boot(smp='1', mem='2G')
        self.assert_initialized(log, dynamic=True, tdmrs=1)
        self.assertEqual(self.vm.get_log() or '', '', 'QEMU complains')

    def test_four_cpus(self):
        log = self.boot(smp='4', mem='2G')
        self.assert_initialized(log, dynamic=True, tdmrs=1)
        self.assertTrue(log.has('smp: Brought up 1 node, 4 CPUs'))

    def test_transcript(self):
        """Trace events tell the kernel's initialisation, call by call"""
        transcript = self.log_file('tdx.log')
        log = self.boot(smp='2', mem='1G', extra=[
            '-trace', 'x86_vmx*', '-trace', 'seam_seamret',
            '-trace', 'seam_state', '-trace', 'seam_busy',
            '-d', 'guest_errors', '-D', transcript])
        self.assert_initialized(log, dynamic=True, tdmrs=1)
        with open(transcript, encoding='utf-8') as src:
            text = src.read()
        call = r'^seam_seamret lp \d TDH\.SYS\.'
        at = 0
        for step in (
                r'^x86_vmxon CPU 0 region 0x[0-9a-f]+$',
                r'^seam_state lp 0 SYSINIT_PENDING -> SYSINIT_DONE$',
                call + r'INIT\(reserved=0x0, diagnostics=0x0\) = TDX_SUCCESS '
                r'\[\] \d+ ns$',
                r'^seam_seamret lp 1 TDH\.SYS\.LP\.INIT\(\) = TDX_SUCCESS ',
                call + r'RD\(field=0xa00000300000008 TDX_FEATURES0\) = '
                r'TDX_SUCCESS \[.*value=0x[0-9a-f]+\] ',
                r'^seam_state lp \d SYSINIT_DONE -> SYSCONFIG_DONE$',
                call + r'CONFIG\(tdmr_info_array=0x[0-9a-f]+, num_tdmrs=0x1, '
                r'hkid_flags=0x10002\) = TDX_SUCCESS ',
                r'^seam_state lp \d SYSCONFIG_DONE -> SYS_READY$',
                call + r'KEY\.CONFIG\(\) = TDX_SUCCESS ',
                call + r'TDMR\.INIT\(tdmr_base=0x0\) = TDX_SUCCESS '
                r'\[next=0x40000000\] '):
            found = re.search(step, text[at:], re.M)
            self.assertIsNotNone(found, f'{step} not in {text[at:]}')
            at += found.end()
        # A GiB, 4096 pages a call
        self.assertEqual(len(re.findall(call + r'TDMR\.INIT', text, re.M)), 64)
        self.assertEqual(len(re.findall(call + r'LP\.INIT', text, re.M)), 2)
        self.assertNotIn('SEAMCALL on LP', text)

    def test_two_sockets(self):
        log = self.boot(smp='4,sockets=2', mem='2G')
        self.assert_initialized(log, dynamic=True)
        self.assertIsNotNone(log.find('Max. logical packages: *2$'))

    def test_1g(self):
        log = self.boot(smp='2', mem='1G')
        self.assert_initialized(log, dynamic=True, tdmrs=1)

    def test_4g(self):
        # q35 puts 2 GiB below 4 GiB, the rest above.
        log = self.boot(smp='2', mem='4G')
        self.assert_initialized(log, dynamic=True, tdmrs=2)

    def test_64g(self):
        log = self.boot(smp='2', mem='64G')
        self.assert_initialized(log, dynamic=True, tdmrs=2)

    def test_numa_with_hole(self):
        # Node 0 has memory on both sides of a hole of 3 GiB.
        log = self.boot(smp='4,sockets=2', mem='4G', extra=[
            '-M', 'q35,max-ram-below-4g=1G',
            '-object', 'memory-backend-ram,id=m0,size=2G',
            '-object', 'memory-backend-ram,id=m1,size=2G',
            '-numa', 'node,nodeid=0,memdev=m0,cpus=0-1',
            '-numa', 'node,nodeid=1,memdev=m1,cpus=2-3'])
        self.assertTrue(log.has('2 nodes, 4 CPUs'))
        self.assert_initialized(log, dynamic=True, tdmrs=3)

    def test_dynamic_pamt_off(self):
        log = self.boot(smp='2', mem='2G', module='dynamic-pamt=off')
        self.assert_initialized(log, dynamic=False, tdmrs=1)

    def test_unpatched_kernel(self):
        log = self.boot(kernel='bzImage-static', smp='2', mem='2G')
        self.assert_initialized(log, dynamic=False, tdmrs=1)

    def test_addresses_beyond_48_bits(self):
        # 52 bits less 3 of the KeyID: the kernel keeps to the static PAMT.
        log = self.boot(smp='2', mem='2G',
                        cpu='TDXHost,phys-bits=52,keyid-bits=3')
        self.assertTrue(log.has('x86_phys_bits reduced by 3'))
        self.assert_initialized(log, dynamic=False)

    def test_module_of_the_first_generation(self):
        # It does not know the first SEAMCALL by which the kernel asks it.
        self.mistakes = r'SEAMCALL on LP \d+: TDH.SYS.RD\(.*: TDX_SYS_NOT_READY.*'
        log = self.boot(smp='2', mem='2G', module='generation=1.0')
        self.assert_not_initialized(
            log, 'SEAMCALL (0x0000000000000022) failed: 0xc000050500000000')

    def test_no_module(self):
        # QEMU says so too, of each SEAMCALL.
        self.mistakes = (r'(SEAMCALL on processor \d+:|seam_refused cpu \d+) '
                         '.*: VMfailInvalid: this machine has no TDX module')
        log = self.boot(smp='2', mem='2G', module=None,
                        extra=['-trace', 'seam_refused'])
        self.assert_not_initialized(log, 'virt/tdx: module not loaded')
        told = self.read_errors()
        for start in 'SEAMCALL on processor', 'seam_refused cpu':
            self.assertTrue([line for line in told if line.startswith(start)],
                            start)

    def test_one_tdx_keyid(self):
        log = self.boot(smp='2', mem='2G', cpu='TDXHost,tdx-keyids=1')
        self.assert_not_initialized(log, 'too few private KeyIDs available')

    def test_cpu_without_seam(self):
        log = self.boot(smp='2', mem='2G', cpu='Icelake-Server', module=None)
        self.assert_not_initialized(log, 'TDX not supported by the host')
        self.assertNotIn('tdx_host_platform', log.flags)

    def test_kvm_loads(self):
        # For ordinary guests: KVM's own TDX support wants more of VMX.
        log = self.boot(smp='2', mem='2G', append='kvm_intel.tdx=1 '
                        'initcall_debug loglevel=8')
        self.assert_initialized(log, dynamic=True)
        self.assertIsNotNone(log.find('initcall vt_init.* returned 0 '))
        self.assertIn('seam: kvm: yes', log.lines)

    def test_reboot(self):
        self.start(reboots=True, smp='2', mem='2G', append='seam.mode=reboot')
        self.wait_reports(2)
        first, second = self.boots(2)
        self.assert_initialized(first, dynamic=True)
        self.assert_initialized(second, dynamic=True)

    def test_cpus_offline_and_online(self):
        log = self.boot(smp='3', mem='2G', append='seam.mode=offline')
        self.assert_initialized(log, dynamic=True)
        for cpu in (1, 2):
            for online in (0, 1):
                self.assertIn(f'seam: cpu{cpu} online: {online}', log.lines)

    def test_panic(self):
        # All CPUs are in VMX operation; the reset must reach them.
        self.start(reboots=True, smp='4', mem='2G', append='seam.mode=panic')
        self.wait_reports(2)
        first, second = self.boots(2, panic='sysrq triggered crash')
        self.assert_initialized(first, dynamic=True)
        self.assert_initialized(second, dynamic=True)

    def test_kexec(self):
        first, second = self.kexec()
        self.assertFalse(first.has('TDH.SYS.DISABLE failed'))
        self.assert_initialized(second, dynamic=True)

    def test_kexec_of_a_module_without_disable(self):
        # The kernel cannot have the module start over; the next one gets
        # TDX_SYS_INIT_NOT_PENDING; and it uses what the module still has.
        self.mistakes = (r'SEAMCALL on LP \d: TDH\.SYS\.'
                         r'(DISABLE|INIT)\(.*\): TDX_.*|'
                         r'private memory at 0x[0-9a-f]+: .*')
        first, second = self.kexec(module='sys-disable=off')
        self.assertTrue(first.has('TDH.SYS.DISABLE failed: '
                                  '0xc000010000000000'))
        self.assert_not_initialized(
            second, 'SEAMCALL (0x0000000000000021) failed: '
            '0xc000050000000000')

    # A processor on which a partial write poisons private memory
    ERRATUM = 'TDXHost,partial-write-erratum=on'

    def test_kexec_with_erratum(self):
        first, second = self.kexec(cpu=self.ERRATUM)
        self.assertFalse(first.has('TDH.SYS.DISABLE failed'))
        self.assert_initialized(second, dynamic=True)

    def test_private_memory_error(self):
        # The kernel writes to a page of a TD and reads it. Only a partial
        # write that it does not make up for is one too many.
        self.mistakes = r'private memory at 0x[0-9a-f]+: .*'
        self.start(smp='2', mem='2G', cpu=self.ERRATUM,
                   append='seam.mode=touch seam.touch=cached,reset,partial')
        self.wait('SHUTDOWN')
        log, = self.boots(panic='Fatal machine check')
        self.assert_initialized(log, dynamic=True)
        for how in ('cached', 'reset'):
            self.assertIn(f'seam: touch {how}: done', log.lines)
        self.assertNotIn('seam: touch partial: done', log.lines)
        errors = [line.split('[Hardware Error]: ', 1)[1]
                  for line in log.kernel if '[Hardware Error]: ' in line and
                  'Machine check events logged' not in line]
        page = log.find(r'tdx_private: partial write at 0x(\w+)$')
        self.assertRegex(errors[0], r'^CPU \d: Machine Check Exception: 7 '
                                    r'Bank 1: bd80000000000134$')
        # Compilers may put it into a part of its own
        self.assertRegex(errors[1],
                         r'^RIP 10:<\w+> \{touch_write(\.cold)?\+')
        self.assertRegex(errors[2],
                         rf'^TSC \w+ ADDR {page.group(1)} MISC 86 *')
        self.assertRegex(errors[3], r'^PROCESSOR 0:806f8 ')
        self.assertEqual(errors[4], 'Run the above through \'mcelog --ascii\'')
        self.assertEqual(
            errors[5:],
            ['Machine check: Data load in unrecoverable area of kernel',
             'Machine check: TDX private memory error. Possible kernel bug.'])

    def test_partial_write_without_erratum(self):
        self.mistakes = r'private memory at 0x[0-9a-f]+: .*'
        log = self.boot(smp='2', mem='2G', append='seam.mode=touch '
                        'seam.touch=cached,partial')
        for how in ('cached', 'partial'):
            self.assertIn(f'seam: touch {how}: done', log.lines)

    def test_pamt_pairs_with_erratum(self):
        self.exercise('4,1000,2', at_least=1, cpu=self.ERRATUM)

    def test_pamt_pairs(self):
        # Pages that come and go on all CPUs: every pair that the kernel
        # added for them it got back.
        self.exercise('8,2000,10', at_least=1)

    def test_ten_thousand_pamt_pairs(self):
        # One page at a time: each needs a pair of its own, unless CPUs have
        # pages of the same 2 MiB just then; so as many rounds as it takes.
        self.exercise('4,1,20000,10000', at_least=10000)

    def exercise(self, how, at_least, **machine):
        """The exerciser of the kernel on four CPUs; no pair is left over"""
        log = self.boot(smp='4', mem='2G', append='seam.mode=exercise '
                        f'seam.exercise={how}', **machine)
        self.assert_initialized(log, dynamic=True)
        self.assertIn('seam: exercise: done', log.lines)
        self.assertFalse([line for line in log.lines if 'WARNING' in line])
        counts = log.pamt_counts
        self.log.info('%s: %s', how, counts)
        self.assertGreaterEqual(counts['adds'], at_least)
        self.assertEqual(counts['adds'], counts['removes'])
        self.assertEqual(counts['failures'], 0)


class BootCommand(QemuSystemTest):
    """guest/boot, which is what `make boot` ends in"""

    def boot(self, **environment):
        """(exit status, what was printed)"""
        boot = os.path.join(TOP, 'guest/boot')
        if not TOP or not os.path.exists(
                os.path.join(TOP, 'build/qemu/qemu-system-x86_64')):
            self.skipTest('SEAM_TOP must name the directory in which '
                          'make qemu and guest/build have run')
        done = subprocess.run(
            [boot], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False, timeout=2 * BOOT_SECONDS,
            env={**os.environ, 'SMP': '2', 'MEM': '2G', 'APPEND': '',
                 'QEMU_ARGS': '', 'TIMEOUT': '', 'V': '', **environment})
        return done.returncode, done.stdout

    def test_success(self):
        status, text = self.boot()
        self.assertEqual(status, 0, text)
        for row in (r'TDX module +\d+\.\d+\.\d+',
                    r'TDX KeyIDs +62, from 2 to 63',
                    r'TDMRs +1, 2 GiB',
                    r'PAMT, static +8212 KB',
                    r'PAMT, dynamic +84 KB',
                    r'saved at boot +8128 KB \(99\.0 %\)'):
            self.assertRegex(text, row)

    def test_static_is_no_success(self):
        status, text = self.boot(
            QEMU_ARGS='-global tdx-module.dynamic-pamt=off')
        self.assertEqual(status, 1, text)
        self.assertIn('boot: no Dynamic PAMT: the kernel kept to the static',
                      text)

    def test_why_not(self):
        # The module counts processors that never called it.
        status, text = self.boot(APPEND='maxcpus=1')
        self.assertEqual(status, 1, text)
        self.assertIn('(TDH.SYS.CONFIG: TDX_SYS_CONFIG_NOT_PENDING)', text)

    def test_qemu_refuses(self):
        status, text = self.boot(QEMU_ARGS='-device tdx-module')
        self.assertEqual(status, 1, text)
        self.assertIn('no Dynamic PAMT: qemu-system-x86_64: -device tdx-module',
                      text)

    def test_timeout(self):
        status, text = self.boot(TIMEOUT='10', APPEND='seam.mode=shell')
        self.assertEqual(status, 1, text)
        self.assertIn('boot: Dynamic PAMT is enabled, but the boot has not '
                      'ended well: the guest is stuck, for 10 s', text)


if __name__ == '__main__':
    QemuSystemTest.main()
