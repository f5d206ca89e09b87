# SPDX-License-Identifier: GPL-2.0-or-later
"""What a kernel's log says of TDX: read by `make boot` and by the tests."""

import re

MIB = 1 << 20
GIB = 1 << 30
PAGE = 4096
PAMT_ENTRY = 16           # bytes, of each level; PAMT_*_ENTRY_SIZE
BITMAP_ENTRY_BITS = 1     # PAMT_PAGE_BITMAP_ENTRY_BITS

# What must never be in a log, whatever the test is about.
FAULT = re.compile(
    r'\bWARNING\b|\bBUG\b|\bOops\b|Kernel panic|Call Trace|'
    r'general protection fault|unchecked MSR access|rcu: INFO: |'
    r'INFO: task .* blocked|invalid opcode|double fault')

# Lines worth showing while the guest boots.
INTERESTING = re.compile(
    r'Linux version|virt/tdx|seamldr: |x86/tme|x86/mktme|kvm_intel|\bseam: |'
    + FAULT.pattern)

# The kernel's ways to say that TDX did not come up, the most telling first.
REASONS = [re.compile(r) for r in (
    r'virt/tdx: module not loaded',
    r'virt/tdx: .*SEAMCALL .* failed',
    r'virt/tdx: (?:TDMRs? .*exhausted|initialization failed)',
    r'virt/tdx: .*(?:required|not supported|clobber)',
    r'virt/tdx: TDX-Module initialization failed',
    r'Kernel panic',
    r'\bBUG\b|\bOops\b',
)]

# What the kernel says when it has done it
DYNAMIC = 'virt/tdx: Enable Dynamic PAMT'
INITIALIZED = 'virt/tdx: TDX-Module initialized'

TIMESTAMP = re.compile(r'^\[ *\d+\.\d+\] ')


def faults(text):
    """The lines that no log may have, in order"""
    return [line for line in text.splitlines() if FAULT.search(line)]


def boots(text):
    """The log of each boot in @text, which may hold several"""
    parts, current = [], None
    for line in text.splitlines():
        if 'Linux version' in line:
            current = []
            parts.append(current)
        if current is not None:
            current.append(line)
    return ['\n'.join(part) for part in parts]


def tdmrs_of(regions):
    """(base, size) of the TDMRs that Linux builds from its memory @regions

    One for each region from 1 MiB up, aligned out to 1 GiB; what an earlier
    one covers is left out.
    """
    tdmrs = []
    for start, end in regions:
        start = max(start, MIB)
        if start >= end:
            continue
        low = start // GIB * GIB
        high = -(-end // GIB) * GIB
        covered = sum(tdmrs[-1]) if tdmrs else 0
        if high <= covered:
            continue
        low = max(low, covered)
        tdmrs.append((low, high - low))
    return tdmrs


def pamt_kb(tdmrs, dynamic):
    """KB that the PAMTs of @tdmrs take at boot; each part in whole pages"""
    def pages(nbytes):
        return -(-nbytes // PAGE)

    total = 0
    for _, size in tdmrs:
        total += pages(size // GIB * PAMT_ENTRY)
        total += pages(size // (2 * MIB) * PAMT_ENTRY)
        if dynamic:
            total += pages(-(-size // PAGE * BITMAP_ENTRY_BITS // 8))
        else:
            total += pages(size // PAGE * PAMT_ENTRY)
    return total * PAGE // 1024


class TdxLog:
    """The facts in the log of one boot"""

    def __init__(self, text):
        self.text = text
        self.lines = [TIMESTAMP.sub('', l) for l in text.splitlines()]
        # User space repeats what the kernel said; do not count that twice.
        self.kernel = [l for l in self.lines if not l.startswith('seam: ')]

    def find(self, pattern):
        """The first kernel line with @pattern, as a match, or None"""
        for line in self.kernel:
            match = re.search(pattern, line)
            if match:
                return match
        return None

    def has(self, text):
        return any(text in line for line in self.kernel)

    @property
    def dynamic(self):
        return self.has(DYNAMIC)

    @property
    def initialized(self):
        return self.has(INITIALIZED)

    @property
    def version(self):
        match = self.find(r'virt/tdx: Module version: (\S+)')
        return match and match.group(1)

    @property
    def keyids(self):
        """First private KeyID and the one after the last"""
        match = self.find(r'private KeyID range \[(\d+), (\d+)\)')
        return match and (int(match.group(1)), int(match.group(2)))

    @property
    def pamt_kb(self):
        match = self.find(r'virt/tdx: (\d+) KB allocated for PAMT')
        return match and int(match.group(1))

    @property
    def regions(self):
        """The kernel's memory regions: [(start, end)], end exclusive"""
        found = []
        for line in self.kernel:
            match = re.match(r'\s+node +\d+: \[mem 0x([0-9a-f]+)-0x([0-9a-f]+)',
                             line)
            if match:
                found.append((int(match.group(1), 16),
                              int(match.group(2), 16) + 1))
        return found

    @property
    def tdmrs(self):
        return tdmrs_of(self.regions)

    @property
    def flags(self):
        """CPU flags, as user space saw them"""
        return [flag for line in self.lines
                if line.startswith('seam: flags: ')
                for flag in line.split()[2:]]

    @property
    def pamt_counts(self):
        """What the kernel's Dynamic PAMT did, as last reported"""
        found = [re.fullmatch(r'seam: pamt (\w+) (\d+)', line)
                 for line in self.lines]
        return {m.group(1): int(m.group(2)) for m in found if m}

    @property
    def reported(self):
        return 'seam: end of report' in self.lines

    def reason(self):
        """The line that tells why there is no Dynamic PAMT, or None"""
        for pattern in REASONS:
            for line in self.kernel:
                if pattern.search(line):
                    return line
        return None
