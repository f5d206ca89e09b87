# SPDX-License-Identifier: GPL-2.0-or-later
"""Kinds of pages and of memory: what they are called, how they look."""
import collections

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
PAGE = 4 * KIB
LARGE = 2 * MIB

# @key is the name in TdxModulePageCounts, @name the one people know.
Kind = collections.namedtuple('Kind', 'key name what colour')

# Pages in use. The colours differ in lightness as well as in hue, so that
# colour-blind people tell them apart; the test computes how they see them.
USED = [
    Kind('pamt', 'PAMT pages', 'hold 4K entries', '#e69f00'),
    Kind('tdr', 'PT_TDR', 'root of a TD', '#000000'),
    Kind('tdcx', 'PT_TDCX', 'control pages', '#cc79a7'),
    Kind('tdvpr', 'PT_TDVPR', 'root of a vCPU', '#8f2d00'),
    Kind('ept', 'PT_EPT', 'Secure EPT tables', '#009e73'),
    Kind('reg-4k', 'PT_REG 4K', 'memory of TDs', '#56b4e9'),
    Kind('reg-2m', 'PT_REG 2M', 'memory of TDs', '#0b5fa5'),
    Kind('reg-1g', 'PT_REG 1G', 'memory of TDs', '#f0e442'),
    Kind('other', 'other', 'were changing, or senseless', '#8000ff'),
]

# Memory that nobody uses, and where PAMTs themselves are.
FREE = Kind('nda', 'PT_NDA', 'free', '#e4e8ec')
RESERVED = Kind('rsvd', 'PT_RSVD', 'reserved area', '#9aa3ad')
UNINITIALIZED = Kind('uninitialized', 'uninitialised',
                     'before TDMR.INIT', '#c3cad1')
TABLES = Kind('tables', 'PAMT regions', 'of TDH.SYS.CONFIG', '#9c7f2d')
OUTSIDE = Kind('outside', 'no TDMR', 'convertible memory only', '#cfdccb')
HOLE = Kind('hole', 'hole', 'no convertible memory', '#ffffff')
PAIR = Kind('pairs', 'page pair', 'of a 2 MiB range', '#31363b')


def size_text(size):
    """Bytes in the largest fitting unit, exactly or to three digits."""
    for unit, name in ((1 << 50, 'PiB'), (1 << 40, 'TiB'), (GIB, 'GiB'),
                       (MIB, 'MiB'), (KIB, 'KiB')):
        if size >= unit:
            value = size / unit
            return (f'{size // unit} {name}' if size % unit == 0 else
                    f'{value:.{2 if value < 10 else 1 if value < 100 else 0}f}'
                    f' {name}')
    return f'{size} bytes'


def range_text(base, size):
    """The first and the last address."""
    return f'{base:#x}\u2013{base + size - 1:#x}'


def count_text(number, noun):
    """'1 page', '1,234 pages'"""
    return f'{number:,} {noun}{"" if number == 1 else "s"}'


def percent_text(part, whole):
    """A share; what is not nothing is not shown as 0 either."""
    share = 100 * part / whole if whole else 0
    if 0 < share < 0.1:
        return '< 0.1 %'
    return f'{share:.1f} %' if share < 10 else f'{share:.0f} %'


def used_pages(counts):
    """Pages in use among @counts."""
    return sum(counts.get(kind.key, 0) for kind in USED)
