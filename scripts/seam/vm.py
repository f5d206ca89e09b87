# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said with the shell of guest/vm's ordinary VM."""

import re

# Where the host begins to run the VM's QEMU
BEGINS = 'seam: vm: QEMU emulator version'
# Where the VM's user space says that its shell comes
SHELL = 'A shell in the guest;'
# What the shell is asked; the echo of the question is not the answer
ASK = b'echo vm: $((6 * 7)) on $(nproc) CPUs; poweroff -f\n'
ANSWER = re.compile(r'vm: 42 on 2 CPUs')
ENDED = 'seam: vm: QEMU ended with 0'


def ask(guest_stdin):
    """Ask the shell, once SHELL was read; it ends the VM"""
    guest_stdin.write(ASK)
    guest_stdin.flush()
