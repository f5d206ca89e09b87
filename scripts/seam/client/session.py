# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands of scripts/seamcall, one line each."""
import fnmatch
import shlex
import textwrap

from . import scenario, setup
from .. import Problem
from .expression import evaluate
from .machine import REGISTERS, bytes_of, words_of

WORDS = 8           # a line of read64
FILL_MOST = 1 << 20
UNTIL_MOST = 1 << 20
CALL_WORDS = ('lp', 'version')


class Mismatch(Exception):
    """An answer was not the expected one."""


class Session:
    """A machine, what was done with it, and the commands to do more.

    @start: makes a fresh Machine
    @say: takes lines of output
    """

    def __init__(self, tables, start, say=print):
        self.tables = tables
        self.start = start
        self.say = say
        self.commands = {
            name[len('do_'):].replace('_', '-'): getattr(self, name)
            for name in dir(self) if name.startswith('do_')}
        self.machine = start()
        self._begin()

    def _begin(self):
        self.variables = {}
        self.steps = []         # as in a scenario, without the platform
        self.unsaveable = None  # why they cannot be saved
        self.last = None        # (leaf or None, VMsucceed?, registers)
        self.setup = setup.Setup(self)

    def close(self):
        """End the machine."""
        self.machine.close()

    # --- lines ------------------------------------------------------------

    def run(self, line):
        """Execute a line: commands separated by ';', '#' begins a comment."""
        for command in line.split('#')[0].split(';'):
            try:
                words = shlex.split(command)
            except ValueError as error:
                raise Problem(f'{error} in "{command.strip()}"') from None
            if words:
                self.run_words(words)

    def run_words(self, words):
        """Execute one command."""
        name = words[0].lower()
        if name in self.commands:
            self.commands[name](words[1:])
        elif name.startswith('tdh.'):
            self._leaf(name, words[1:])
        else:
            raise Problem(f'there is no command "{words[0]}"; "help" lists '
                          'them, "leaves" the leaves')

    def value(self, text):
        """A number; $name is a variable or an output of the last call."""
        names = {}
        if self.last:
            leaf, _, regs = self.last
            names.update(regs)
            if leaf:
                names.update({n: regs[r] for n, r in leaf.outputs.items()})
        return evaluate(text, {**names, **self.variables})

    def pairs(self, words, known, what):
        """{name: text} of words NAME=VALUE with known names."""
        found = {}
        for word in words:
            name, equals, text = word.partition('=')
            if not equals or not text:
                raise Problem(f'"{word}": say NAME=VALUE')
            base = name.split('[')[0]
            if name not in known and base + '[]' not in known:
                raise Problem(f'{what} takes no "{name}"; it takes ' +
                              (', '.join(known) or 'nothing'))
            if name in found:
                raise Problem(f'"{name}" is given twice')
            found[name] = text
        return found

    # --- SEAMCALLs --------------------------------------------------------

    def call(self, leaf, lp, regs, record=True):
        """One SEAMCALL; returns the registers after it."""
        if lp >= self.machine.platform['lps']:
            raise Problem(f'there is no LP {lp}; they are 0..'
                          f'{self.machine.platform["lps"] - 1}, "--smp" '
                          'makes more')
        good, after = self.machine.seamcall(lp, regs)
        self.last = leaf, good, after
        if record:
            self._record_call(lp, regs, good, after)
        return after

    def _record_call(self, lp, regs, good, after):
        if not good:
            self.unsaveable = ('a SEAMCALL ended in VMfailInvalid, which '
                               'scenarios cannot say')
        elif regs.get('rax', 0) >> 63:
            self.unsaveable = ('a SEAMCALL went to the P-SEAMLDR, which '
                               'scenarios do not know')
        self.steps.append(scenario.call_step(lp, regs, after))

    def must_succeed(self, name, lp=0, record=True, **operands):
        """A call of one of the commands that do several; returns outputs."""
        leaf = self.tables.leaf(name)
        regs = {leaf.inputs[n]: v for n, v in operands.items()}
        after = self.call(leaf, lp, {'rax': leaf.number, **regs}, record)
        if not self.last[1] or after['rax']:
            raise Problem(f'{name} on LP {lp}: {self.answer()}')
        return {n: after[r] for n, r in leaf.outputs.items()}

    def _leaf(self, name, words):
        leaf = self.tables.leaf(name)
        known = [*leaf.inputs, *CALL_WORDS,
                 *(r for r in REGISTERS if r != 'rax')]
        given = self.pairs(words, known, leaf.name)
        lp = self.value(given.pop('lp', '0'))
        version = self.value(given.pop('version', '0'))
        regs = {'rax': leaf.number | (version & 0xff) << 16}
        if version > 0xff:
            raise Problem('version is 0..255')
        for operand, text in given.items():
            register = leaf.inputs.get(operand, operand)
            if register in regs:
                raise Problem(f'{register} is given twice, once as an '
                              'operand')
            regs[register] = self._operand(leaf, operand, text)
        self.call(leaf, lp, regs)
        self.say(self.answer())

    def _operand(self, leaf, operand, text):
        if operand == 'field':
            number = self.tables.field_id(leaf.fields, text)
            if number is not None:
                return number
            if text[0].isalpha() or text[0] == '_':
                raise Problem(f'there is no field "{text}"; "fields '
                              f'{leaf.fields}" lists them')
        return self.value(text)

    def do_seamcall(self, words):
        """seamcall rax=N [REGISTER=VALUE...] [lp=N]
        Any SEAMCALL by its registers; those not named are 0."""
        given = self.pairs(words, [*REGISTERS, 'lp'], 'seamcall')
        if 'rax' not in given:
            raise Problem('say which leaf: seamcall rax=34')
        lp = self.value(given.pop('lp', '0'))
        regs = {name: self.value(text) for name, text in given.items()}
        leaf = None
        if not regs['rax'] >> 63:
            leaf = self.tables.by_number.get(regs['rax'] & 0xffff)
        self.call(leaf, lp, regs)
        self.say(self.answer())

    def answer(self):
        """The last call's status and outputs in one line."""
        leaf, good, regs = self.last
        if not good:
            return 'VMfailInvalid'
        text = self.tables.status_text(regs['rax'])
        if not leaf:
            return ' '.join([text] + [f'{r}=0x{regs[r]:x}' for r in REGISTERS
                                      if r != 'rax' and regs[r]])
        for name, register in leaf.outputs.items():
            text += f' {name}=0x{regs[register]:x}'
            if name == 'next_field':
                field = self.tables.field_name(leaf.fields, regs[register])
                text += f'({field})' if field else ''
        return text

    # --- expectations -----------------------------------------------------

    def do_expect(self, words):
        """expect STATUS [OUTPUT=VALUE...]
        The last call must have answered so. A status without (...) may have
        any details; "vmfail" is VMfailInvalid."""
        if not words:
            raise Problem('say which status: expect TDX_SUCCESS')
        if not self.last:
            raise Problem('there was no call yet')
        leaf, good, regs = self.last
        known = list(leaf.outputs if leaf else []) + list(REGISTERS)
        given = self.pairs(words[1:], known, 'expect')
        is_status = words[0].lower() != 'vmfail'
        if is_status:
            value, mask = self.tables.status_value(words[0])
        if is_status != good or good and regs['rax'] & mask != value & mask:
            raise Mismatch(f'expected {words[0]}, but the answer was '
                           f'{self.answer()}')
        for name, text in given.items():
            register = leaf.outputs.get(name, name) if leaf else name
            wanted = self._operand(leaf, 'field', text) \
                if name == 'next_field' else self.value(text)
            if regs[register] != wanted:
                raise Mismatch(f'expected {name}=0x{wanted:x}, but the answer '
                               f'was {self.answer()}')

    def do_until(self, words):
        """until STATUS COMMAND...
        Repeat a SEAMCALL until it answers STATUS; an error that is another
        one is a mismatch."""
        if len(words) < 2:
            raise Problem('say: until STATUS COMMAND...')
        value, mask = self.tables.status_value(words[0])
        say, self.say = self.say, lambda line: None
        try:
            for count in range(1, UNTIL_MOST + 1):
                self.last = None
                self.run_words(words[1:])
                if not self.last:
                    raise Problem(f'"{words[1]}" makes no call')
                _, good, regs = self.last
                if good and regs['rax'] & mask == value & mask:
                    break
                if not good or regs['rax'] >> 63:
                    raise Mismatch(f'expected {words[0]}, but call {count} '
                                   f'answered {self.answer()}')
            else:
                raise Mismatch(f'{count} calls and no {words[0]}')
        finally:
            self.say = say
        self.say(f'{self.answer()} after {count} calls')

    def do_repeat(self, words):
        """repeat N COMMAND...
        Execute a command N times."""
        if len(words) < 2:
            raise Problem('say: repeat N COMMAND...')
        for _ in range(self.value(words[0])):
            self.run_words(words[1:])

    # --- memory and variables ---------------------------------------------

    def do_set(self, words):
        """set NAME=VALUE...
        Variables; "$NAME" is used in values. $rcx and $value are outputs of
        the last call."""
        for word in words:
            name, equals, text = word.partition('=')
            if not equals or not name.isidentifier():
                raise Problem(f'"{word}": say NAME=VALUE')
            self.variables[name] = self.value(text)

    def do_print(self, words):
        """print VALUE...
        Values in hexadecimal; a status is said in words."""
        for word in words:
            value = self.value(word)
            name = self.tables.status_text(value)
            known = value >> 32 and not name.startswith('0x')
            self.say(f'0x{value:x}' + (f' {name}' if known else ''))

    def write(self, address, words):
        """Store 64-bit words and remember that."""
        self.machine.write(address, bytes_of(words))
        self.steps.append({'op': 'write64', 'pa': hex(address),
                           'v': [hex(word) for word in words]})

    def do_write64(self, words):
        """write64 ADDRESS VALUE...
        The host stores 64-bit words."""
        if len(words) < 2:
            raise Problem('say: write64 ADDRESS VALUE...')
        self.write(self.value(words[0]), [self.value(w) for w in words[1:]])

    def do_fill(self, words):
        """fill ADDRESS SIZE [VALUE]
        The host stores a 64-bit word again and again."""
        if not 2 <= len(words) <= 3:
            raise Problem('say: fill ADDRESS SIZE [VALUE]')
        address, size, value = map(self.value, [*words, '0'][:3])
        if size % 8 or not 0 < size <= FILL_MOST:
            raise Problem(f'the size is a multiple of 8, at most '
                          f'0x{FILL_MOST:x}')
        self.write(address, [value] * (size // 8))

    def do_read64(self, words):
        """read64 ADDRESS [COUNT]
        What the host reads there, as 64-bit words."""
        if not 1 <= len(words) <= 2:
            raise Problem('say: read64 ADDRESS [COUNT]')
        address = self.value(words[0])
        count = self.value(words[1]) if len(words) > 1 else 1
        if not 0 < count <= FILL_MOST // 8:
            raise Problem(f'the count is 1..{FILL_MOST // 8}')
        found = words_of(self.machine.read(address, count * 8))
        self.steps.append({'op': 'read64', 'pa': hex(address),
                           'v': [hex(word) for word in found]})
        self.last_read = found
        for at in range(0, count, WORDS):
            self.say(f'0x{address + at * 8:x}: ' +
                     ' '.join(f'0x{w:x}' for w in found[at:at + WORDS]))

    def do_expect64(self, words):
        """expect64 ADDRESS VALUE...
        Memory must hold these 64-bit words."""
        if len(words) < 2:
            raise Problem('say: expect64 ADDRESS VALUE...')
        wanted = [self.value(word) for word in words[1:]]
        say, self.say = self.say, lambda line: None
        try:
            self.do_read64([words[0], str(len(wanted))])
        finally:
            self.say = say
        for at, (is_, should) in enumerate(zip(self.last_read, wanted)):
            if is_ != should:
                raise Mismatch(f'expected 0x{should:x} at 0x'
                               f'{self.value(words[0]) + at * 8:x}, but '
                               f'there is 0x{is_:x}')

    # --- what takes several steps -----------------------------------------

    def do_tdmr(self, words):
        """tdmr base=ADDRESS size=SIZE [pamt=ADDRESS] [dynamic=0|1] [MEMBER=VALUE...]
        Prepare a TDMR_INFO for "config". PAMTs of the right size are placed
        from "pamt" on, by default behind those of the TDMR before."""
        self.setup.tdmr(words)

    def do_config(self, words):
        """config [hkid=N] [dynamic=0|1] [at=ADDRESS]
        Write the TDMR_INFOs that "tdmr" prepared and call TDH.SYS.CONFIG."""
        self.setup.config(words)

    def do_bringup(self, words):
        """bringup [hkid=N] [dynamic=0|1] [tdmr_init=0|1]
        All that a host does until its memory is ready: TDH.SYS.INIT to
        TDH.SYS.TDMR.INIT, with a TDMR for each whole GiB of RAM."""
        self.setup.bringup(words)

    def do_td_params(self, words):
        """td-params at=ADDRESS [MEMBER=VALUE...]
        Write a TD_PARAMS for TDH.MNG.INIT; what is not named is plain and
        valid."""
        self.setup.td_params(words)

    def do_save(self, words):
        """save FILE [ID]
        Append the session to FILE (*.jsonl, *.jsonl.gz) as a scenario, which
        make vectors FILES=FILE replays."""
        if not 1 <= len(words) <= 2:
            raise Problem('say: save FILE [ID]')
        scenario.save(self, *words)

    def do_reset(self, words):
        """reset
        A fresh machine; the session begins anew."""
        self.machine.close()
        self.machine = self.start()
        self._begin()

    # --- looking ----------------------------------------------------------

    def do_info(self, words):
        """info
        The machine and what has become of the module."""
        plat = self.machine.platform
        for name in ('lps', 'packages', 'max_pa', 'keyid_bits'):
            self.say(f'{name:16} {plat[name]}')
        self.say(f'{"private KeyIDs":16} {plat["mktme_keyids"] + 1}..'
                 f'{plat["mktme_keyids"] + plat["tdx_keyids"]}')
        for base, size in plat['cmrs']:
            self.say(f'{"CMR":16} 0x{base:x}..0x{base + size - 1:x}')
        path = self.machine.qmp('qom-get', path='/machine/peripheral/tdx',
                                property='type')
        assert path == 'tdx-module'
        for name in ('state', 'lps-initialized', 'hkid', 'num-tdmrs',
                     'dynamic-pamt-enabled', 'pamt-bytes'):
            value = self.machine.qmp('qom-get', property=name,
                                     path='/machine/peripheral/tdx')
            self.say(f'{name:16} {value}')

    def do_leaves(self, words):
        """leaves [PATTERN]
        Leaves and whether they are modelled."""
        for name, leaf in self._matching(self.tables.leaves, words):
            self.say(f'{leaf.number:3} {name:28} {leaf.row["modelled"]:7}'
                     f'{leaf.row.get("what", "")}')

    def do_fields(self, words):
        """fields [sys|td|vp] [PATTERN]
        Metadata fields of the module, of TDs or of vCPUs."""
        kind = 'sys'
        if words and words[0] in self.tables.fields:
            kind, words = words[0], words[1:]
        named = {row['name']: row for row in self.tables.fields[kind]}
        for name, row in self._matching(named, words):
            count = row['fields'] * row['elements']
            self.say(f'{row["id"]} {name}' +
                     (f'[0..{count - 1}]' if count > 1 else ''))

    def do_statuses(self, words):
        """statuses [PATTERN]
        Completion statuses."""
        for name, value in self._matching(self.tables.statuses, words):
            self.say(f'0x{value:016x} {name}')

    @staticmethod
    def _matching(table, words):
        pattern = words[0].lower() if words else '*'
        if '*' not in pattern:
            pattern = f'*{pattern}*'
        return [(name, row) for name, row in table.items()
                if fnmatch.fnmatch(name.lower(), pattern)]

    def do_help(self, words):
        """help [COMMAND or LEAF]
        What there is, or one of it."""
        if words and words[0].lower() in self.commands:
            self.say(textwrap.dedent(
                ' ' * 8 + self.commands[words[0].lower()].__doc__))
            return
        if words:
            self._help_leaf(self.tables.leaf(words[0]))
            return
        for command in self.commands.values():
            self.say(command.__doc__.split('\n')[0])
        self.say('LEAF [lp=N] [version=N] [OPERAND or REGISTER=VALUE...]')
        self.say('"help LEAF" says which operands it has; Tab completes names')

    def _help_leaf(self, leaf):
        row = leaf.row
        self.say(f'{row["name"]} ({row["number"]}): '
                 f'{row.get("what", "not modelled")}')
        if 'missing' in row:
            self.say(f'not modelled: {row["missing"]}')
        for key in ('in', 'out'):
            for operand in row[key]:
                self.say(f'  {key:3} {operand["register"]:3} '
                         f'{operand["name"]:16} {operand["what"]}')
        self.say(textwrap.fill('answers: ' + ' '.join(row['statuses']), 78,
                               subsequent_indent='  '))

    # --- completion -------------------------------------------------------

    def complete(self, line):
        """What the last word of a line may become."""
        words = line.split(';')[-1].split(' ')
        words, last = [w for w in words[:-1] if w], words[-1]
        while words and words[0] in ('until', 'repeat') and len(words) > 1:
            words = words[2:]
        return sorted(c for c in self._candidates(words, last)
                      if c.lower().startswith(last.lower()))

    def _candidates(self, words, last):
        if not words:
            return [*self.commands, *self.tables.leaves]
        name, operand = words[0].lower(), last.partition('=')[0]
        if name in ('until', 'expect') and len(words) == 1:
            return self.tables.statuses
        if name == 'help' and len(words) == 1:
            return [*self.commands, *self.tables.leaves]
        if name == 'expect' and self.last and self.last[0]:
            return [f'{n}=' for n in self.last[0].outputs]
        if name in self.tables.leaves:
            leaf = self.tables.leaves[name]
            if '=' in last and operand == 'field':
                return [f'field={row["name"]}'
                        for row in self.tables.fields[leaf.fields]]
            return [f'{n}=' for n in (*leaf.inputs, *CALL_WORDS,
                                      *(r for r in REGISTERS if r != 'rax'))]
        if name == 'seamcall':
            return [f'{n}=' for n in (*REGISTERS, 'lp')]
        if name == 'fields' and len(words) == 1:
            return self.tables.fields
        return [f'{n}=' for n in self.setup.words.get(name, [])]
