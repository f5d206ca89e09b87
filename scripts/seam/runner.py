# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs one guest: QEMU's command line, its serial log, its monitor."""

import os
import shlex
import subprocess
import threading
import time

from .inputs import mem_bytes
from .paths import INITRAMFS, KERNEL, QEMU
from .qmp import Monitor

# A panic ends the boot at once. TCG's timer ticks may come late on a loaded
# machine, which the kernel's test of the timer's wiring does not forgive. Nor
# does its clocksource watchdog, which holds the TSC against a second clock:
# both are QEMU's one virtual clock, so that all it can find is a vCPU that the
# host left waiting between two readings. Then it asks the other CPUs, with
# interrupts off, and a boot has hung there for good.
APPEND = 'console=ttyS0 panic=-1 no_timer_check tsc=nowatchdog'

# The line by which guest/init ends what it has to say
REPORT_END = 'seam: end of report'

# Between two looks at whether the guest does something
LOOK_SECONDS = 1

# States of a VM whose guest need not do anything
HALTED = ('prelaunch', 'paused', 'debug', 'suspended')


def sparse(mem):
    """Arguments by which the host does not refuse so much memory

    Of what -m asks for the guest touches little: where it is more than there
    is, the host need not reserve it.
    """
    size = mem_bytes(mem.split(',')[0])
    if size is None or \
            size < os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE'):
        return []
    return ['-object', f'memory-backend-ram,id=ram,size={size},reserve=off',
            '-machine', 'memory-backend=ram']


def arguments(kernel=KERNEL, initramfs=INITRAMFS, mem='4G', smp='4',
              cpu='TDXHost', module='', append='', extra=()):
    """QEMU's arguments for a guest; @module None leaves the device out"""
    args = ['-M', 'q35', '-cpu', cpu, '-accel', 'tcg,thread=multi',
            '-m', mem, '-smp', smp, '-nodefaults', '-no-user-config',
            '-display', 'none', '-kernel', str(kernel),
            '-initrd', str(initramfs),
            '-append', f'{APPEND} {append}'.strip()]
    args += sparse(mem)
    if module is not None:
        args += ['-device', 'tdx-module,id=tdx0' + (module and ',' + module)]
    return args + list(extra)


class Progress:
    """When a guest last did something that shows

    How long a boot takes depends on the host; that nothing happens any more
    does not.
    """

    def __init__(self, quiet, now):
        self.quiet = quiet      # seconds after which it counts as stuck
        self.since = now
        self.mark = None

    def stuck(self, mark, now):
        """Whether @mark has been the same, and not None, for so long"""
        if mark is None or mark != self.mark:
            self.mark, self.since = mark, now
        return now - self.since >= self.quiet


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
        self.said = set()       # of the line ends that somebody waits for
        self.ends = {REPORT_END}
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
            self.said.update(e for e in self.ends if line.endswith(e))
            self.log.write(line + '\n')
            self.log.flush()
            if self.on_line:
                self.on_line(line)

    def mark(self):
        """What differs when the guest did something; None while it is halted

        That is, by "-S", a debugger or the monitor.
        """
        if self.monitor.command('query-status')['status'] in HALTED:
            return None
        try:
            leaves = self.monitor.command('query-tdx-module')['leaves']
        except RuntimeError:    # there is no module
            leaves = []
        return len(self.lines), sum(leaf['calls'] for leaf in leaves)

    def wait(self, quiet, on_report=None, on_line_end=None, on_look=None):
        """Until the guest is off: 'off', 'stuck' or 'gone' (QEMU itself)

        Stuck is a guest that for @quiet seconds neither said a line nor made
        a SEAMCALL. @on_report is called with the monitor when user space has
        reported and, with seam.hold=1, waits for this to return; so are the
        functions of @on_line_end, by the end of the line that the guest says
        before it waits. @on_look is called with it now and then.
        """
        waiting = dict(on_line_end or {})
        if on_report:
            waiting[REPORT_END] = on_report
        self.ends.update(waiting)
        look = progress = None
        try:
            if not self.monitor.negotiate(time.monotonic() + quiet):
                return 'stuck'
            while True:
                now = time.monotonic()
                if look is None or now >= look:
                    look = now + LOOK_SECONDS
                    progress = progress or Progress(quiet, now)
                    if progress.stuck(self.mark(), now):
                        return 'stuck'
                    if on_look:
                        on_look(self.monitor)
                for end in [e for e in waiting if e in self.said]:
                    waiting.pop(end)(self.monitor)
                    self.process.stdin.write(b'\n')
                    self.process.stdin.flush()
                if self.monitor.wait_event(
                        'SHUTDOWN', time.monotonic() + 0.1):
                    return 'off'
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
