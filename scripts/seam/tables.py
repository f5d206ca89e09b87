# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of leaves, operands, fields and statuses, as the module exports them.

Nothing is listed here: all of it comes from tdx-tables.json, which the build
of the model writes.
"""
import json
import re

from . import Problem, paths

DETAILS = 0xffffffff
SEAMCALL_FAILED = re.compile(
    r'SEAMCALL \((0x[0-9a-f]+)\) failed: (0x[0-9a-f]+)')
NO_FIELD = 0xffffffffffffffff


class Leaf:
    """One row of the leaf table."""

    def __init__(self, row):
        self.number = row['number']
        self.name = row['name']
        self.row = row
        self.inputs = {o['name']: o['register'].lower() for o in row['in']}
        self.outputs = {o['name']: o['register'].lower() for o in row['out']
                        if o['name'] != 'zero'}

    @property
    def fields(self):
        """Which table its metadata fields are in."""
        return self.row.get('fields', 'sys')


class Tables:
    """All tables, with ways from names to numbers and back."""

    def __init__(self, path=paths.TABLES):
        try:
            with open(path, encoding='utf-8') as source:
                data = json.load(source)
        except FileNotFoundError:
            raise Problem(f'{path} is not there; type "make model"') from None
        except (OSError, ValueError) as error:
            raise Problem(f'{path}: {error}; type "make model"') from None
        self.leaves = {row['name'].lower(): Leaf(row)
                       for row in data['leaves']}
        self.by_number = {leaf.number: leaf for leaf in self.leaves.values()}
        self.statuses = {row['name']: int(row['value'], 16)
                         for row in data['statuses']}
        self.status_names = {v: k for k, v in self.statuses.items()}
        self.with_operand = {row['name'] for row in data['statuses']
                             if row['names_operand']}
        self.operand_optional = {row['name'] for row in data['statuses']
                                 if row['operand_optional']}
        self.operands = {row['name']: row['id'] for row in data['operands']}
        self.operand_names = {v: k for k, v in self.operands.items()}
        self.fields = {kind: data[kind + '_fields']
                       for kind in ('sys', 'td', 'vp')}
        self.field_id_mask = int(data['field_id_mask'], 16)
        self.structures = {row['name']: row for row in data['structures']}
        self.released = data['released_module']
        self.image = data['image']

    def leaf(self, name):
        """The leaf of that name."""
        try:
            return self.leaves[name.lower()]
        except KeyError:
            raise Problem(f'there is no leaf "{name}"; "leaves" lists them, '
                          '"seamcall rax=N" takes any number') from None

    # --- statuses ---------------------------------------------------------

    def status_text(self, value):
        """A status in words, with what its details say."""
        name = self.status_names.get(value & ~DETAILS)
        details = value & DETAILS
        if name is None:
            return f'0x{value:016x}'
        if name in self.with_operand and details in self.operand_names and \
                (details or name not in self.operand_optional):
            return f'{name}({self.operand_names[details]})'
        return f'{name}(0x{details:x})' if details else name

    def status_value(self, text):
        """(value, mask) of a status by name, with or without details."""
        match = re.fullmatch(r'(\w+)(?:\((\w+)\))?', text)
        if match and match[1].isdigit() or text.startswith('0x'):
            return _number(text), NO_FIELD
        name = match and match[1].upper()
        if name and name not in self.statuses:
            name = 'TDX_' + name
        if not name or name not in self.statuses:
            raise Problem(f'there is no status "{text}"; "statuses" lists '
                          'them')
        value = self.statuses[name]
        if match[2] is None:
            return value, NO_FIELD & ~DETAILS
        details = self.operands.get(match[2].upper())
        if details is None or name not in self.with_operand:
            details = _number(match[2])
        return value | details, NO_FIELD

    def explain(self, line):
        """A kernel line about a SEAMCALL that failed, with names added."""
        match = SEAMCALL_FAILED.search(line)
        if not match:
            return line
        number, status = (int(word, 16) for word in match.groups())
        leaf = self.by_number.get(number & 0xffff)
        if not leaf or status & ~DETAILS not in self.status_names:
            return line
        return f'{line} ({leaf.name}: {self.status_text(status)})'

    # --- metadata fields --------------------------------------------------

    def field_id(self, kind, text):
        """Id of a field by name; NAME[3] is an element of an array."""
        match = re.fullmatch(r'(\w+?)(?:\[(\w+)\])?', text)
        if match and match[1].upper() in ('NULL', 'NONE', 'FIRST'):
            return NO_FIELD
        for row in self.fields[kind]:
            if match and row['name'] == match[1].upper():
                index = _number(match[2]) if match[2] else 0
                count = row['fields'] * row['elements']
                if index >= count:
                    raise Problem(f'{row["name"]} has elements 0..'
                                  f'{count - 1}')
                return int(row['id'], 16) + index * row['stride']
        return None

    def field_name(self, kind, number):
        """Name of the field that an id names, '' when it has none."""
        mask = self.field_id_mask
        for row in self.fields[kind]:
            index, rest = divmod((number & mask) - (int(row['id'], 16) & mask),
                                 row['stride'])
            count = row['fields'] * row['elements']
            if 0 <= index < count and not rest:
                return row['name'] + (f'[{index}]' if count > 1 else '')
        return ''

    def constant(self, name):
        """Value of a system field that is the same on every machine."""
        for row in self.fields['sys']:
            if row['name'] == name:
                return int(row['value'], 16)
        raise KeyError(name)


def _number(text):
    try:
        return int(text, 0)
    except ValueError:
        raise Problem(f'"{text}" is no number') from None
