# SPDX-License-Identifier: GPL-2.0-or-later
"""Values on the command line: 0x100000, 4G+2M, $page|1, 1<<16."""
import ast
import operator
import re

from .. import Problem

SUFFIX = {'K': 1 << 10, 'M': 1 << 20, 'G': 1 << 30, 'T': 1 << 40}
OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
    ast.BitOr: operator.or_, ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor, ast.LShift: operator.lshift,
    ast.RShift: operator.rshift, ast.Invert: operator.invert,
    ast.USub: operator.neg,
}
NUMBER = re.compile(r'\b(0[xX][0-9a-fA-F]+|\d+)([KMGT]?)\b', re.I)
NAME = re.compile(r'\$(\w+)')
LIMIT = 1 << 64


def _fold(node):
    if isinstance(node, ast.Expression):
        return _fold(node.body)
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, (ast.BinOp, ast.UnaryOp)) and \
            type(node.op) in OPERATORS:
        parts = [node.left, node.right] if isinstance(node, ast.BinOp) \
            else [node.operand]
        values = [_fold(part) for part in parts]
        if isinstance(node.op, (ast.LShift, ast.RShift)) and \
                not 0 <= values[1] < 64:
            raise ValueError
        return OPERATORS[type(node.op)](*values)
    raise ValueError


def evaluate(text, names):
    """An unsigned 64-bit number; @names: what $NAME stands for."""
    def variable(match):
        try:
            return str(names[match[1]])
        except KeyError:
            raise Problem(f'${match[1]} is not set; "set {match[1]}=VALUE" '
                          'sets it') from None

    plain = NAME.sub(variable, text)
    plain = NUMBER.sub(lambda m: str(int(m[1], 0 if m[1][:2] in ('0x', '0X')
                                         else 10) *
                                     SUFFIX.get(m[2].upper(), 1)), plain)
    try:
        value = _fold(ast.parse(plain.replace('/', '//'), mode='eval'))
    except (ValueError, SyntaxError, ZeroDivisionError, RecursionError):
        raise Problem(f'"{text}" is no value; say a number such as 0x1000, '
                      '2M or 4G+$offset') from None
    if not -LIMIT < value < LIMIT:
        raise Problem(f'"{text}" has more than 64 bits')
    return value % LIMIT
