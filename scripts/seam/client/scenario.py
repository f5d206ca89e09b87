# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenarios: sessions in the form of tests/vectors, saved and replayed."""
import fnmatch
import gzip
import json
import zlib

from .. import Problem, runner
from .machine import REGISTERS, NoProgram, bytes_of, rows, words_of

# Always in "expect"; of the others those that are inputs or change
ALWAYS = 'rax rcx rdx r8 r9 r10 r11'.split()
PLATFORM = 'max_pa keyid_bits mktme_keyids tdx_keyids lps packages'.split()
VERIFYREPORT = 1 << 8           # in TDX_FEATURES0
GIB = 1 << 30
MIB = 1 << 20

# What comes from CPUID, of which many scenarios do not say what it was
CPUID_FIELDS = {'PKG_FMS', 'XFAM_FIXED0', 'ATTRIBUTES_FIXED0',
                'CPUID_CONFIG_VALUES'}
CPUID_OPERANDS = {'XFAM', 'ATTRIBUTES', 'EPTP_CONTROLS', 'CPUID_CONFIG'}

# Values that differ from run to run
VOLATILE = {'TSC_OFFSET'}


def call_step(lp, regs, after):
    """A SEAMCALL and its answer as a step."""
    step = {'op': 'seamcall', 'lp': lp, 'rax': hex(regs.get('rax', 0))}
    step.update((name, hex(regs[name])) for name in REGISTERS
                if name != 'rax' and regs.get(name))
    step['expect'] = {name: hex(after[name]) for name in REGISTERS
                      if name in ALWAYS or name in step or
                      after[name] != regs.get(name, 0)}
    return step


def _ignored(tables, step):
    """Registers of a step that no second run can be held to."""
    leaf = tables.by_number.get(int(step['rax'], 16) & 0xffff)
    register = leaf.inputs.get('field') if leaf else None
    field = int(step.get(register, '0'), 16) if register else 0
    if register and tables.field_name(leaf.fields, field) in VOLATILE:
        return [leaf.outputs['value']]
    return []


def save(session, path, name='session'):
    """Append the session to a file."""
    if session.unsaveable:
        raise Problem(f'{session.unsaveable}; "reset" begins anew')
    if not any(step['op'] == 'seamcall' for step in session.steps):
        raise Problem('there is no call to save yet')
    plat = session.machine.platform
    first = {'op': 'platform', **{key: plat[key] for key in PLATFORM},
             'cmrs': [[hex(n) for n in cmr] for cmr in plat['cmrs']],
             'seamrr': [hex(n) for n in plat['seamrr']],
             'sys_init': 0, 'init_lps': 0,
             'cpuid': [[hex(n) for n in row] for row in rows(plat['cpuid'])],
             'module': {key: hex(value)
                        for key, value in plat['module'].items()}}
    steps = []
    for step in session.steps:
        ignored = step['op'] == 'seamcall' and _ignored(session.tables, step)
        steps.append({**step, 'ignore': ignored} if ignored else step)
    line = json.dumps({'id': name, 'group': 'seamcall', 'cls': 'session',
                       'steps': [first, *steps]}) + '\n'
    opened = gzip.open if path.endswith('.gz') else open
    try:
        with opened(path, 'at', encoding='utf-8') as out:
            out.write(line)
    except OSError as error:
        raise Problem(f'{path}: {error.strerror}') from None
    session.say(f'{path}: scenario "{name}", {len(steps)} steps')


def load(path, pattern):
    """Scenarios of a file whose id or class matches."""
    opened = gzip.open if path.endswith('.gz') else open
    found = 0
    try:
        with opened(path, 'rt', encoding='utf-8') as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    one = json.loads(line)
                    names = [one['id'], one.get('cls', '')]
                    assert one['steps'][0]['op'] == 'platform'
                except (ValueError, KeyError, TypeError, IndexError,
                        AssertionError):
                    raise Problem(f'{path}: line {number} is no '
                                  'scenario') from None
                if any(fnmatch.fnmatchcase(n, pattern) for n in names):
                    found += 1
                    yield one
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise Problem(f'{path}: {getattr(error, "strerror", None) or error}'
                      ) from None
    if not found:
        raise Problem(f'{path}: no scenario is called "{pattern}"')


class Refused(Exception):
    """Why a scenario cannot be replayed on a QEMU."""


class Different(Exception):
    """The module answered otherwise."""


def number(value):
    """A number of a scenario, hexadecimal as text."""
    return int(value, 16) if isinstance(value, str) else value


class Replay:
    """One scenario through a QEMU that looks like its platform.

    @start: makes a Machine of command line arguments
    """

    def __init__(self, tables, start, one):
        self.tables = tables
        self.platform = one['steps'][0]
        self.steps = one['steps'][1:]
        # In the extended set, whose ids are paths, each repeated call must
        # give what is expected; otherwise the last one
        self.repeats_alike = '/' in one['id']
        self.seamrr = [number(n) for n in self.platform['seamrr']]
        self._check_expressible()
        try:
            self.machine = start(self._arguments())
        except NoProgram:
            raise
        except Problem as problem:
            raise Refused(f'QEMU cannot be such a machine: {problem}') \
                from None

    def run(self):
        """Replay; raises Different with what differs."""
        try:
            self._check_platform()
            self._prepare()
            for at, step in enumerate(self.steps, 1):
                getattr(self, '_' + step['op'])(at, step)
        except Problem as problem:
            raise Different(str(problem)) from None
        finally:
            self.machine.close()

    # --- the machine ------------------------------------------------------

    def _module(self):
        module = dict(self.tables.released)
        module.update(self.platform.get('module', {}))
        return {key: number(value) for key, value in module.items()}

    def _memory(self):
        """(RAM below 4 GiB, all RAM) for the CMRs."""
        cmrs = [[number(n) for n in cmr] for cmr in self.platform['cmrs']]
        low = high = 0
        if len(cmrs) in (1, 2) and cmrs[0][0] == MIB:
            low = cmrs[0][0] + cmrs[0][1]
            if len(cmrs) == 2 and cmrs[1][0] == 4 * GIB:
                high = cmrs[1][1]
        if not low or len(cmrs) == 2 and not high or low > 2 * GIB or \
                (low | high) % MIB:
            raise Refused('its convertible memory is not what QEMU makes of '
                          '-m: 1 MiB to below 4 GiB, then from 4 GiB on')
        return low, low + high

    def _arguments(self):
        plat, module = self.platform, self._module()
        low, ram = self._memory()
        lps, packages = plat['lps'], plat['packages']
        if lps % packages:
            raise Refused('its packages are of different size')
        dynamic = module['features0'] >> 36 & 1
        version = '.'.join(str(module[key])
                           for key in ('major', 'minor', 'update'))
        return [
            '-machine', f'q35,max-ram-below-4g={low}', '-m', f'{ram // MIB}M',
            *runner.sparse(f'{ram // MIB}M'),
            '-smp', f'{lps},sockets={packages}',
            '-cpu', f'TDXHost,phys-bits={plat["max_pa"]},'
            f'keyid-bits={plat["keyid_bits"]},'
            f'tdx-keyids={plat["tdx_keyids"]}',
            '-device', 'tdx-module,id=tdx,'
            f'dynamic-pamt={"on" if dynamic else "off"},version={version},'
            f'features0={module["features0"]},'
            f'max-tdmrs={module["max_tdmrs"]},'
            f'max-reserved-per-tdmr={module["max_rsvd_per_tdmr"]},'
            f'internal-version={module["internal"]},'
            f'build-num={module["build_num"]},'
            f'build-date={module["build_date"]},'
            f'num-handoff-pages={module["num_handoff_pages"]},'
            f'sys-disable={"on" if module["sys_disable"] else "off"}']

    def _check_platform(self):
        """Is the machine that came out the one of the scenario?"""
        plat, here = self.platform, self.machine.platform
        for key in PLATFORM:
            if plat[key] != here[key]:
                raise Refused(f'{key} is {plat[key]}, but {here[key]} on the '
                              'machine that comes closest')
        cmrs = [[number(n) for n in cmr] for cmr in plat['cmrs']]
        if cmrs != here['cmrs']:
            raise Refused('its convertible memory is not what QEMU makes of '
                          '-m')
        if 'cpuid' in plat and \
                rows([number(n) for n in row] for row in plat['cpuid']) != \
                rows(here['cpuid']):
            raise Refused('its CPUID is not that of TDXHost')
        for at, step in enumerate(self.steps, 1):
            if 'pa' in step and not self.machine.has_ram(
                    number(step['pa']), 8 * len(step['v'])):
                raise Refused(f'step {at} uses memory at {step["pa"]}, where '
                              'the machine has none')
        self._check_seamrr()

    def _check_expressible(self):
        for at, step in enumerate(self.steps, 1):
            if number(step.get('rax', 0)) >> 63:
                raise Refused(f'step {at} has RAX[63] set, with which '
                              'SEAMCALL reaches the P-SEAMLDR')
        if self.platform.get('cpuid_profile', 1) != 1:
            raise Refused('its CPUID (cpuid_profile 0) is not that of '
                          'TDXHost')

    def _check_seamrr(self):
        """The SEAM range may lie elsewhere as long as nobody looks at it."""
        if self.seamrr == self.machine.platform['seamrr']:
            return
        bits = self.platform['max_pa'] - self.platform['keyid_bits']
        for at, step in enumerate(self.steps, 1):
            values = [step.get(name, 0) for name in REGISTERS] + \
                (step['v'] if step['op'] == 'write64' else [])
            for value in values:
                hpa = number(value) & (1 << bits) - 1
                for base, size in (self.seamrr,
                                   self.machine.platform['seamrr']):
                    if base - 4096 <= hpa < base + size:
                        raise Refused(f'step {at} looks at the SEAM range, '
                                      'which is elsewhere here')

    def _prepare(self):
        """What the scenario says has happened before."""
        if not self.platform.get('sys_init', 1):
            return
        lps = self.platform.get('init_lps', self.platform['lps'])
        for lp, name in [(0, 'tdh.sys.init'),
                         *((lp, 'tdh.sys.lp.init') for lp in range(lps))]:
            _, regs = self.machine.seamcall(
                lp, {'rax': self.tables.leaf(name).number})
            if regs['rax']:
                raise Different(f'preparation: {name} on LP {lp}: '
                                f'{self.tables.status_text(regs["rax"])}')

    # --- steps ------------------------------------------------------------

    def _write64(self, _at, step):
        self.machine.write(number(step['pa']),
                           bytes_of([number(word) for word in step['v']]))

    def _read64(self, at, step):
        address = number(step['pa'])
        found = words_of(self.machine.read(address, 8 * len(step['v'])))
        for i, (word, wanted) in enumerate(zip(found, step['v'])):
            if wanted is not None and word != number(wanted):
                raise Different(f'step {at}: memory at 0x{address + 8 * i:x} '
                                f'is 0x{word:x}, expected {wanted}')

    def _seamcall(self, at, step):
        regs = {name: number(step.get(name, 0)) for name in REGISTERS}
        repeat = step.get('repeat', 1)
        for nth in range(1, repeat + 1):
            good, after = self.machine.seamcall(step['lp'], regs)
            where = f'step {at}: {self._leaf_name(regs)} on LP {step["lp"]}'
            if repeat > 1:
                where += f', call {nth} of {repeat}'
            if not good:
                raise Different(f'{where}: VMfailInvalid')
            if nth == repeat or self.repeats_alike:
                self._compare(where, step, regs, after)
            elif after['rax']:
                raise Different(f'{where}: '
                                f'{self.tables.status_text(after["rax"])}')
            for name, add in step.get('stride', {}).items():
                regs[name] = (regs[name] + number(add)) % (1 << 64)

    def _leaf_name(self, regs):
        leaf = self.tables.by_number.get(regs['rax'] & 0xffff)
        return leaf.name if leaf else f'leaf {regs["rax"] & 0xffff}'

    def _compare(self, where, step, regs, after):
        for name in REGISTERS:
            wanted = number(step['expect'].get(name, regs[name]))
            if name in step.get('ignore', []) or after[name] == wanted:
                continue
            self._excuse(where, name, regs, after, wanted)
            text = self.tables.status_text if name == 'rax' else hex
            raise Different(f'{where}: {name} is {text(after[name])}, '
                            f'expected {text(wanted)}')

    def _excuse(self, where, name, regs, after, wanted):
        """Refuse what differs because the processor does."""
        leaf = self.tables.by_number.get(regs['rax'] & 0xffff)
        field = ''
        if leaf and name == leaf.outputs.get('value') and \
                'field' in leaf.inputs:
            field = self.tables.field_name(
                leaf.fields, regs[leaf.inputs['field']]).split('[')[0]
        if field == 'TDX_FEATURES0' and after[name] == wanted & ~VERIFYREPORT:
            raise Refused(f'{where} expects SEAMVERIFYREPORT, which QEMU has '
                          'not')
        if 'cpuid' in self.platform:
            return
        text = self.tables.status_text(after['rax'])
        if field in CPUID_FIELDS or leaf and name == 'rax' and \
                'td_params' in leaf.inputs and \
                text in (f'TDX_OPERAND_INVALID({op})'
                         for op in CPUID_OPERANDS):
            raise Refused(f'{where} depends on a CPUID that TDXHost has not')
