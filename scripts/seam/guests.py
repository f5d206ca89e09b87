# SPDX-License-Identifier: GPL-2.0-or-later
"""What guests on KVM in the emulated machine cost, for scripts/bench.

A TD and an ordinary VM have the same VMM (guest/tdvmm), kernel (Debian's for
TDs) and user space (guest/td-init). The host is ours, or Debian's kernel with
one of its KVM modules, by which two CPUs of different makers are compared.
"""

import os
import re
import stat
import subprocess

from . import cpio, debian, programs, td, vm
from .paths import TOP

OUT = TOP / 'build/bench'
DEBIAN = TOP / 'build/guest/debian'
HZ = os.sysconf('SC_CLK_TCK')
# Of the guest's kernel, the earliest line that it writes when it is quiet
FIRST = 'No IOAPIC entries present'
LAST = 'td: user space after'
COST = re.compile(r'(\w+): cost: cpuid (0x\w+) touch (0x\w+)')

HEAD = '''
cd /td
one() {
    name=$1
    shift
    tdvmm "$@" 2>&1 < /dev/null | while IFS= read -r line; do
        say "$name: $line"
    done
}
'''
GUEST = '''
one {name} {how} --payload cost.bin --mem 64M
say "{name}: begins"
one {name} {how} --kernel bzImage --initrd initrd.gz --mem 256M \\
    --append "console=ttyS0,115200 quiet panic=-1 td.report=0"
say "{name}: is over"
'''
VM = ('vm', '--vm')
TD = ('td', '')


def initramfs(path, guests, modules=()):
    """Write the host's, which runs @guests after it has loaded @modules"""
    kernel = debian.Kernel.stock()
    OUT.mkdir(parents=True, exist_ok=True)
    script, initrd = OUT / 'guests-script', OUT / 'guests-initrd.gz'
    script.write_text(HEAD + ''.join(
        GUEST.format(name=name, how=how) for name, how in guests))
    initrd.write_bytes(td.td_initramfs(kernel))
    subprocess.run([TOP / 'guest/tdvmm/pack', path, f'script={script}',
                    f'bzImage={kernel.image}', f'initrd.gz={initrd}'],
                   check=True)
    add_modules(path, modules)
    return path


def vmm_initramfs(path, modules):
    """Write guest/vmm's, whose host loads @modules before it runs a VM"""
    OUT.mkdir(parents=True, exist_ok=True)
    subprocess.run([TOP / 'guest/vmm', path], check=True)
    add_modules(path, modules)
    return path


def add_modules(path, modules):
    """Let the host of an initramfs load modules of Debian's kernel"""
    if not modules:
        return
    text = ''.join(f'{name}\n' for name in modules).encode()
    entries = [('modules', stat.S_IFDIR | 0o755),
               ('modules/order', stat.S_IFREG | 0o644, text)]
    entries += [(f'modules/{name}', stat.S_IFREG | 0o644,
                 programs.read(DEBIAN / name)) for name in modules]
    programs.replace(path, path.read_bytes() + cpio.compressed(entries))


def user_seconds(pid):
    """User CPU time of a process until now"""
    with open(f'/proc/{pid}/stat', encoding='utf-8') as source:
        return int(source.read().rpartition(')')[2].split()[11]) / HZ


class Costs:
    """Of each guest by name: ticks, and seconds of user CPU of QEMU's

    @cpuid, @touch: ticks for a CPUID, and for a page's first store
    @whole: seconds from the VMM's start to its end
    @kernel: seconds from the kernel's first line to its user space
    """

    def __init__(self):
        self.cpuid, self.touch, self.whole, self.kernel = {}, {}, {}, {}

    def line(self, text, now):
        """A line of the host's console, at @now seconds of user CPU"""
        cost = COST.search(text)
        name = re.search(r'seam: (\w+): ', text)
        if cost:
            self.cpuid[cost[1]] = int(cost[2], 16)
            self.touch[cost[1]] = int(cost[3], 16)
        elif not name:
            return
        elif ': begins' in text:
            self.whole[name[1]] = -now
        elif ': is over' in text:
            self.whole[name[1]] += now
        elif FIRST in text:
            self.kernel[name[1]] = -now
        elif LAST in text:
            self.kernel[name[1]] += now

    def least(self, other):
        """Of each number the lesser one"""
        for mine, others in zip(vars(self).values(), vars(other).values()):
            for name, value in others.items():
                mine[name] = min(value, mine.get(name, value))


def lines(command, log):
    """Run a machine; its process, and each line that it says on its console"""
    with open(log, 'w', encoding='utf-8') as out, \
            subprocess.Popen(list(map(str, command)),
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT) as child:
        for raw in child.stdout:
            line = raw.decode('utf-8', 'replace')
            out.write(line)
            yield child, line
        if child.wait():
            yield child, None


def run(command, log):
    """Costs of what the command's machine runs; None: it did not end well"""
    costs = Costs()
    for child, line in lines(command, log):
        if line is None:
            return None
        if 'seam: ' in line:
            costs.line(line, user_seconds(child.pid))
    complete = costs.cpuid and costs.cpuid.keys() == costs.whole.keys() == \
        costs.kernel.keys() and min(costs.whole.values()) > 0
    return costs if complete else None


def run_vm(command, log):
    """Seconds that a VM of guest/vmm cost; None: it did not end well"""
    begins = answered = ended = None
    for child, line in lines(command, log):
        if line is None:
            return None
        if vm.BEGINS in line:
            begins = user_seconds(child.pid)
        elif vm.SHELL in line:
            vm.ask(child.stdin)
        elif vm.ANSWER.search(line):
            answered = True
        elif vm.ENDED in line:
            ended = user_seconds(child.pid)
    return ended - begins if begins and answered and ended else None
