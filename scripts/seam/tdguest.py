# SPDX-License-Identifier: GPL-2.0-or-later
"""What TDs said of themselves (guest/td-init), as the host's console has it."""

import re

# Of several TDs each line begins with its number
LINE = re.compile(r'(?:td(\d+): )?(?:\[ *[\d.]+\] )?td: (.*)')
USER_SPACE = re.compile(r'user space after ([\d.]+) s')
DETECTED = 'tdx: Guest detected'
ENCRYPTED = re.compile(r'Memory Encryption Features active: .*TDX')
RTMRS = ('rtmr0', 'rtmr1', 'rtmr2', 'rtmr3')


class Td:
    """One TD's lines"""

    def __init__(self):
        self.lines = []

    def values(self, kind):
        """What follows "KIND: " in lines"""
        return [line[len(kind) + 2:] for line in self.lines
                if line.startswith(kind + ': ')]

    @property
    def seconds(self):
        """Of its own clock when user space began; None: it never did"""
        for line in self.lines:
            match = USER_SPACE.match(line)
            if match:
                return float(match[1])
        return None

    @property
    def linux(self):
        """Release, CPUs and memory in words"""
        for line in self.lines:
            if line.startswith('Linux '):
                return line
        return None

    @property
    def detected(self):
        """Whether its kernel knew where it is, and said so"""
        kernel = self.values('kernel')
        return (any(DETECTED in line for line in kernel) and
                any(ENCRYPTED.search(line) for line in kernel))

    @property
    def report(self):
        """Fields of its TDREPORT by name; {} if it asked for none"""
        words = (line.split() for line in self.values('report'))
        return dict(pair for pair in words if len(pair) == 2)

    @property
    def quote(self):
        """What came of asking for a quote"""
        said = self.values('quote')
        return said[-1] if said else None

    @property
    def ended(self):
        """Whether it switched itself off"""
        return 'off' in self.lines


def tds_of(text):
    """The TDs in a host's log, by number"""
    found = {}
    for line in text.splitlines():
        match = LINE.match(line)
        if match:
            found.setdefault(int(match[1] or 0), Td()).lines.append(match[2])
    return found
