# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules of the house that no compiler knows; read by scripts/check.

- A file of the model includes files of its own room and of lower ones only;
  the order of the rooms is in target/i386/tdx-module/rooms.txt.
- Files outside include what rooms.txt calls public, nothing else.
- What has moved between QEMU's releases is included by way of COMPAT alone.
- A number that a table has gets no second name anywhere.
- What is a status where a function is defined is one where it is declared:
  compilers before GCC 13 take any integer for it.
"""
import os
import re

MODEL = 'target/i386/tdx-module'
ROOMS = f'{MODEL}/rooms.txt'
# What the model may include that is not the model's
BELOW = ('target/i386/x86-defs/', 'target/i386/seamldr/abi/')
# What differs between QEMU's releases
OVERLAY = ('hw/', 'include/', 'target/', 'stubs/', 'tests/qtest/')
COMPAT = ('include/exec/qemu-compat.h', 'include/exec/qemu-compat-tcg.h')
# These look at the objects one by one, and see inside for that
INSIDERS = ('tests/unit/', 'tests/lib/', 'tests/fuzz/', 'tests/vectors/',
            'tests/bench/model-bench.c')
# Where "x.h" may be meant from, besides the directory of the file itself
INCLUDE_PATHS = ('', MODEL, 'include', 'tests/lib', 'tests/qtest')

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.M)
# #define NAME 12, NAME = 0x12, and the like, in C and Python
NAMED = re.compile(r'(?:^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+\(?'
                   r'|(?<![\w.>])([A-Z][A-Z0-9_]+)[ \t]*=[ \t]*)'
                   r'(0[xX][0-9a-fA-F]+|\d+)[uUlL]*\)?[ \t]*'
                   r'(?=[,;}\n]|/\*|#|$)', re.M)
# A function at the begin of a line: its type, and its name
FUNCTION = re.compile(r'^(\w+) (tdx_\w+)\(', re.M)
STATUS = 'TdxStatus'


class Table:
    """Numbers by name, and how else somebody might call them.

    TDH.SYS.RD and TDG.SYS.RD are one name with two numbers.
    """

    def __init__(self, top, path, row, what, prefixes=''):
        with open(os.path.join(top, path), encoding='utf-8') as source:
            text = source.read()
        self.path = path
        self.what = what
        self.prefixes = re.compile(f'^(?:{prefixes})') if prefixes else None
        self.numbers = {}
        for name, number in re.findall(row, text):
            self.numbers.setdefault(self.bare(name), set()).add(int(number, 0))

    def bare(self, name):
        """A name without what tells the families of names apart."""
        return self.prefixes.sub('', name) if self.prefixes else name

    def has(self, name, number):
        """Does the table have this number by this name, or nearly so?"""
        return number in self.numbers.get(self.bare(name), ())


class Statuses(Table):
    """Statuses are so long that the number alone tells them."""

    def has(self, name, number):
        return number and \
            any(number in some for some in self.numbers.values()) or \
            super().has(name, number)


def tables(top):
    """The tables whose numbers are named there and nowhere else."""
    return [
        Table(top, f'{MODEL}/abi/leaf-list.h',
              r'(?m)^TDX_\w+CALL\w*\((?=\d+, (\w+))(\d+)', 'leaf',
              'TD[HG]_'),
        Statuses(top, f'{MODEL}/abi/status-list.h',
                 r'(?m)^TDX_STATUS\((\w+), (0x[0-9a-f]+)ULL\)', 'status',
                 'TDX_'),
        Table(top, 'target/i386/x86-defs/msr-list.h',
              r'(?m)^ +X\((\w+), *(0x[0-9a-f]+)\)', 'MSR',
              '(?:TDX_|X86_)?(?:MSR_)?(?:IA32_)?(?:MSR_)?'),
    ]


class Rooms:
    """Directories of the model by rank, and which of them are public."""

    def __init__(self, top):
        self.rank = {}
        self.public = set()
        with open(os.path.join(top, ROOMS), encoding='utf-8') as source:
            for line in source:
                words = line.split('#')[0].split()
                if words:
                    self.rank[words[0]] = len(self.rank)
                if words[1:] == ['public']:
                    self.public.add(words[0])

    @staticmethod
    def of(name):
        """The room of a file of the model; None: it is not the model's."""
        inside = name.removeprefix(MODEL + '/')
        return inside.split('/')[0] if inside != name else None


def resolve(top, name, target):
    """The file of ours that @name includes as @target, or None."""
    for base in (os.path.dirname(name), *INCLUDE_PATHS):
        path = os.path.normpath(os.path.join(base, target))
        if os.path.isfile(os.path.join(top, path)):
            return path
    return None


def bad_include(top, rooms, name, target):
    """What is wrong with an #include, or None."""
    path = resolve(top, name, target)
    room, other = rooms.of(name), path and rooms.of(path)
    if room is None:
        if other is None or other in rooms.public or \
                name.startswith(INSIDERS):
            return None
        return (f'{name} includes {target} from outside; public are '
                f'{", ".join(sorted(rooms.public))}')
    if path is None:
        return f'{name} includes {target}, which is no file of the model'
    if other is None:
        return None if path.startswith(BELOW) else \
            f'{name} includes {path}, which the model does not know'
    for each in (room, other):
        if each not in rooms.rank:
            return f'{name}: {ROOMS} has no room "{each}"'
    if rooms.rank[other] > rooms.rank[room]:
        return f'{name} of room "{room}" includes {path} of a higher one'
    return None


def moved_headers(top):
    """Header of QEMU -> the file of COMPAT that knows where it is."""
    where = {}
    for name in COMPAT:
        with open(os.path.join(top, name), encoding='utf-8') as source:
            for branch in re.findall(r'(?m)^#if QEMU_SINCE.*$((?:\n(?!#endif).*)*)',
                                     source.read()):
                for target in INCLUDE.findall(branch):
                    where.setdefault(target, name)
    return where


def second_names(known, name, text):
    """Names in a file for numbers that a table has."""
    for match in NAMED.finditer(text):
        word = match[1] or match[2]
        number = int(match[3], 0) if match[3][:2] in ('0x', '0X') \
            else int(match[3])
        for table in known:
            if name != table.path and table.has(word, number):
                line = text.count('\n', 0, match.start(match.lastindex)) + 1
                yield (f'{name}:{line}: {word} is the number of a '
                       f'{table.what}, which {table.path} has')


class Functions:
    """Functions of the model that are a status in one file, not in another"""

    def __init__(self):
        self.where = {}

    def add(self, name, text):
        """Look at the functions of a file"""
        for kind, function in FUNCTION.findall(text):
            self.where.setdefault(function, {}).setdefault(kind, name)

    def complaints(self):
        """Once all files were added"""
        for function, where in sorted(self.where.items()):
            if STATUS in where and len(where) > 1:
                yield f'{function} is ' + ', '.join(
                    f'{kind} in {name}' for kind, name in where.items())


def complaints(top, names):
    """What breaks the rules in these files: one line each."""
    rooms = Rooms(top)
    known = tables(top)
    moved = moved_headers(top)
    functions = Functions()
    for name in names:
        if not name.endswith(('.c', '.h', '.inc', '.py')):
            continue
        with open(os.path.join(top, name), encoding='utf-8',
                  errors='replace') as source:
            text = source.read()
        if not name.endswith('.py'):
            for target in INCLUDE.findall(text):
                wrong = bad_include(top, rooms, name, target)
                if wrong:
                    yield wrong
                if target in moved and name not in COMPAT and \
                        name.startswith(OVERLAY):
                    yield (f'{name} includes {target}, which not every QEMU '
                           f'has there: include {moved[target]}')
        if name.startswith(MODEL):
            functions.add(name, text)
        yield from second_names(known, name, text)
    yield from functions.complaints()
