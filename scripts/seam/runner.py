# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs one guest: QEMU's command line, its serial log, its monitor."""

import os
import shlex
import subprocess
import threading
import time

from .paths import INITRAMFS, KERNEL, QEMU
from .qmp import Monitor

# A panic ends the boot at once. TCG's timer ticks may come late on a loaded
# machine, which the kernel's test of the timer's wiring does not forgive.
APPEND = 'console=ttyS0 panic=-1 no_timer_check'

# The line by which guest/init ends what it has to say
REPORT_END = 'seam: end of report'


def too_big(mem):
    """Whether the host would refuse so much memory unless told it is sparse"""
    units = {'K': 1 << 10, 'M': 1 << 20, 'G': 1 << 30, 'T': 1 << 40}
    unit = units.get(mem[-1:].upper())
    try:
        size = int(mem[:-1]) * unit if unit else int(mem) << 20
    except ValueError:
        return False
    return size >= os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')


def arguments(kernel=KERNEL, initramfs=INITRAMFS, mem='4G', smp='4',
              cpu='TDXHost', module='', append='', extra=()):
    """QEMU's arguments for a guest; @module None leaves the device out"""
    args = ['-M', 'q35', '-cpu', cpu, '-accel', 'tcg,thread=multi',
            '-m', mem, '-smp', smp, '-nodefaults', '-no-user-config',
            '-display', 'none', '-kernel', str(kernel),
            '-initrd', str(initramfs),
            '-append', f'{APPEND} {append}'.strip()]
    if too_big(mem):
        args += ['-object', f'memory-backend-ram,id=ram,size={mem},reserve=off',
                 '-machine', 'memory-backend=ram']
    if module is not None:
        args += ['-device', 'tdx-module,id=tdx0' + (module and ',' + module)]
    return args + list(extra)


class Guest:
    """A running QEMU whose first serial port is read line by line

    After the guest has switched itself off (or panicked) QEMU stays, paused,
    so that its state can still be asked for; close() ends it.
    """

    def __init__(self, args, log, qemu=QEMU, on_line=None, reboots=False):
        self.monitor, theirs = Monitor.pair()
        command = [str(qemu), *args, '-no-shutdown', '-serial', 'stdio',
                   *Monitor.options(theirs.fileno())]
        if not reboots:
            command.append('-no-reboot')
        self.command = shlex.join(command)
        self.on_line = on_line
        self.lines = []
        self.reported = threading.Event()
        self.log = open(log, 'w', encoding='utf-8', errors='replace')
        self.errors = open(log + '.qemu', 'w+', encoding='utf-8',
                           errors='replace')
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.errors, pass_fds=[theirs.fileno()],
            start_new_session=True)
        theirs.close()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for raw in self.process.stdout:
            line = raw.decode('utf-8', 'replace').rstrip('\r\n')
            self.lines.append(line)
            if line.endswith(REPORT_END):
                self.reported.set()
            self.log.write(line + '\n')
            self.log.flush()
            if self.on_line:
                self.on_line(line)

    def wait(self, timeout, on_report=None):
        """Until the guest is off: 'off', 'timeout' or 'gone' (QEMU itself)

        @on_report is called with the monitor when user space has reported
        and, with seam.hold=1, waits for this to return.
        """
        deadline = time.monotonic() + timeout
        try:
            if not self.monitor.negotiate(deadline):
                return 'timeout'
            while time.monotonic() < deadline:
                if on_report and self.reported.is_set():
                    on_report(self.monitor)
                    on_report = None
                    self.process.stdin.write(b'\n')
                    self.process.stdin.flush()
                step = deadline
                if on_report:
                    step = min(deadline, time.monotonic() + 0.1)
                if self.monitor.wait_event('SHUTDOWN', step):
                    return 'off'
            return 'timeout'
        except (EOFError, BrokenPipeError):
            self.process.wait()
            return 'gone'

    def close(self):
        """End QEMU; the log is complete afterwards"""
        if self.process.poll() is None:
            try:
                self.monitor.command('quit', timeout=10)
            except (EOFError, RuntimeError, OSError):
                self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.reader.join(20)
        self.log.close()
        self.errors.close()

    @property
    def text(self):
        return '\n'.join(self.lines)

    def complaints(self):
        """What QEMU itself wrote"""
        with open(self.errors.name, encoding='utf-8') as src:
            return src.read().strip()
