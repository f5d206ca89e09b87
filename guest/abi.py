# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of SEAMCALL leaves and statuses, from the module's own tables."""

import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MODEL = os.path.join(TOP, 'target/i386/tdx-module')
REGISTERS = ('RAX RCX RDX RBX RSP RBP RSI RDI R8 R9 R10 R11 R12 R13 R14 '
             'R15').split()
STATUS_MASK = 0xffffffff00000000


def table(name, pattern):
    """{number: name} from a file of the tables; {} when it is not there"""
    try:
        with open(os.path.join(MODEL, name), encoding='utf-8') as src:
            text = src.read()
    except OSError:
        return {}
    return {int(number, 0): word
            for word, number in re.findall(pattern, text)}


def leaf_name(leaf):
    found = table('abi/leaf-list.h',
                  r'TDX_SEAMCALL\w*\((?=\d+, \w+, "([^"]+)")(\d+)')
    return found.get(leaf & 0xffff)


def status_name(status):
    """Such as TDX_OPERAND_INVALID(RCX); None when it has no name"""
    found = table('abi/status-list.h', r'\((TDX_\w+), (0x[0-9a-f]+)ULL\)')
    name = found.get(status & STATUS_MASK)
    operand = status & ~STATUS_MASK
    if not name or not operand:
        return name
    operands = dict(enumerate(REGISTERS))
    operands.update(table('abi/operand-list.h', r'\((\w+), (\d+)\)'))
    return f'{name}({operands.get(operand, hex(operand))})'


def explain(line):
    """A kernel line about a SEAMCALL that failed, with names added"""
    match = re.search(r'SEAMCALL \((0x[0-9a-f]+)\) failed: (0x[0-9a-f]+)',
                      line)
    if not match:
        return line
    leaf, status = (int(word, 16) for word in match.groups())
    names = leaf_name(leaf), status_name(status)
    return f'{line} ({names[0]}: {names[1]})' if all(names) else line
