# SPDX-License-Identifier: GPL-2.0-or-later
"""A QEMU without a guest that executes SEAMCALLs: QEMU under qtest."""
import os
import socket
import subprocess
import tempfile
import time

from .. import Problem
from ..qmp import Monitor

# Order of registers in the qtest command "seamcall"
REGISTERS = ('rax rcx rdx r8 r9 r10 r11 r12 r13 r14 r15 rbx rsi rdi '
             'rbp').split()
SECONDS = 60
MIB = 1 << 20
LOW = 640 << 10     # RAM below the legacy hole, which is not convertible
MODULE = ('major minor update internal build_num build_date features0 '
          'max_tdmrs max_rsvd_per_tdmr num_handoff_pages sys_disable '
          'seamverifyreport').split()


class NoProgram(Problem):
    """There is no QEMU to start, whatever its command line."""


class Machine:
    """One QEMU; @args: command line behind the program's name."""

    def __init__(self, qemu, args):
        if not os.path.isfile(qemu) or not os.access(qemu, os.X_OK):
            raise NoProgram(f'{qemu} is not there; type "make seamcall", '
                            'which builds it, or give --qemu')
        self.errors = tempfile.TemporaryFile()
        self.qtest, qtest = socket.socketpair()
        self.monitor, monitor = Monitor.pair()
        self.greeted = False
        with qtest, monitor:
            fds = qtest.fileno(), monitor.fileno()
            self.process = subprocess.Popen(
                [qemu, '-accel', 'qtest', '-display', 'none', '-nodefaults',
                 '-qtest-log', 'none',
                 '-chardev', f'socket,id=seamcall-qtest,fd={fds[0]}',
                 '-qtest', 'chardev:seamcall-qtest',
                 *Monitor.options(fds[1], 'seamcall-qmp'), *args],
                pass_fds=fds, stdin=subprocess.DEVNULL, stdout=self.errors,
                stderr=subprocess.STDOUT)
        self.qtest.settimeout(SECONDS)
        self.lines = self.qtest.makefile('rw', encoding='ascii')
        try:
            self.platform = self._platform()
        except Problem:
            self.close()
            raise

    def close(self):
        """End QEMU."""
        self.process.kill()
        self.process.wait()
        for end in (self.lines, self.qtest, self.monitor, self.errors):
            try:
                end.close()
            except OSError:
                pass

    def _ended(self):
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return Problem('QEMU does not answer')
        self.errors.seek(0)
        said = self.errors.read().decode(errors='replace').split('\n')
        said = [line for line in said if line.strip()]
        return Problem(f'QEMU has ended: {said[-1]}' if said else
                       f'QEMU has ended with {self.process.returncode}')

    def command(self, line):
        """Send a qtest command; returns the words after OK."""
        try:
            self.lines.write(line + '\n')
            self.lines.flush()
            answer = self.lines.readline()
            while answer.startswith('IRQ '):
                answer = self.lines.readline()
        except OSError:
            answer = ''
        if not answer:
            raise self._ended()
        words = answer.split()
        if not words or words[0] != 'OK':
            raise Problem(f'qtest "{line.split()[0]}": {answer.strip()}')
        return words[1:]

    # --- the module -------------------------------------------------------

    def seamcall(self, lp, regs):
        """(VMsucceed?, registers) of one SEAMCALL."""
        words = self.command(f'seamcall {lp} ' + ' '.join(
            hex(regs.get(name, 0)) for name in REGISTERS))
        return words[0] == 'vmsucceed', {
            name: int(word, 16) for name, word in zip(REGISTERS, words[1:])}

    def _platform(self):
        plat = {'cmrs': [], 'cpuid': []}
        try:
            words = self.command('tdx-platform')
        except Problem as problem:
            if 'FAIL' in str(problem):
                raise Problem('this QEMU has no tdx-module device; give '
                              '--qemu build/qemu/qemu-system-x86_64') from None
            raise
        for word in words:
            key, _, value = word.partition('=')
            numbers = [int(number, 16) for number in value.split(',')]
            if key in ('cmr', 'cpuid'):
                plat['cmrs' if key == 'cmr' else key].append(numbers)
            else:
                plat[key] = numbers if len(numbers) > 1 else numbers[0]
        plat['module'] = {name: plat.pop(name) for name in MODULE}
        return plat

    def qmp(self, execute, **arguments):
        """Result of a QMP command."""
        try:
            if not self.greeted:
                self.greeted = self.monitor.negotiate(
                    time.monotonic() + SECONDS)
            return self.monitor.command(execute, SECONDS, **arguments)
        except RuntimeError as error:
            raise Problem(f'QMP {error}') from None
        except (EOFError, OSError):
            raise self._ended() from None

    # --- memory -----------------------------------------------------------

    def has_ram(self, address, size):
        """Is all of [address, address + size) RAM?"""
        return address + size <= LOW or any(
            base <= address and address + size <= base + length
            for base, length in self.platform['cmrs'])

    def _check_ram(self, address, size):
        if not self.has_ram(address, size):
            ranges = ', '.join(f'0x{base:x}..0x{base + length - 1:x}' for
                               base, length in self.platform['cmrs'])
            raise Problem(f'there is no RAM at 0x{address:x}; there is at '
                          f'0x0..0x{LOW - 1:x}, {ranges}')

    def write(self, address, data):
        """Store bytes in ordinary memory."""
        self._check_ram(address, len(data))
        self.command(f'write 0x{address:x} 0x{len(data):x} 0x{data.hex()}')

    def read(self, address, size):
        """Bytes of ordinary memory."""
        self._check_ram(address, size)
        return bytes.fromhex(
            self.command(f'read 0x{address:x} 0x{size:x}')[0][2:])


def words_of(data):
    """Little-endian 64-bit words of bytes."""
    return [int.from_bytes(data[at:at + 8], 'little')
            for at in range(0, len(data), 8)]


def bytes_of(words):
    """The opposite of words_of()."""
    return b''.join(word.to_bytes(8, 'little') for word in words)


def rows(cpuid):
    """CPUID rows that say something, to compare two processors."""
    return sorted(tuple(row) for row in cpuid if any(row[2:]))
