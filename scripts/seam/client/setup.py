# SPDX-License-Identifier: GPL-2.0-or-later
"""Structures that a host fills, and the calls of its start."""
from .. import Problem
from .machine import words_of

K4 = 1 << 12
GIB = 1 << 30
LEVELS = (('1g', 1 << 30), ('2m', 1 << 21), ('4k', 1 << 12))
DYNAMIC_PAMT = 1 << 36          # in TDX_FEATURES0
CONFIG_DYNAMIC = 1 << 16        # in R8 of TDH.SYS.CONFIG
INFOS_AT = 2 << 20              # TDMR_INFOs and their array
PAMT_AT = 16 << 20              # the first PAMT
MODULE_WORDS = ('hkid', 'dynamic', 'at')

# What TDH.MNG.INIT takes without more ado: x87 and SSE, one vCPU, a Secure
# EPT of four levels, a TSC of 1 GHz.
TD_PARAMS = {'xfam': 3, 'max_vcpus': 1, 'eptp_controls': 0x1e,
             'tsc_frequency': 40}


class Setup:
    """TDMRs on their way to TDH.SYS.CONFIG, and the like."""

    def __init__(self, session):
        self.session = session
        self.tables = session.tables
        self.tdmrs = []
        self.next_pamt = PAMT_AT
        self.words = {
            'tdmr': ['pamt', 'dynamic', *self._members('TDMR_INFO')],
            'config': list(MODULE_WORDS),
            'bringup': ['hkid', 'dynamic', 'tdmr_init'],
            'td-params': ['at', *self._members('TD_PARAMS')],
        }

    def _members(self, structure):
        return [m['name'] + ('[]' if m['count'] > 1 else '')
                for m in self.tables.structures[structure]['members']]

    def _values(self, command, words):
        value = self.session.value
        given = self.session.pairs(words, self.words[command], command)
        return {name: value(text) for name, text in given.items()}

    def _pack(self, structure, values):
        """Bytes of a structure; @values: by member, NAME[3] in arrays."""
        table = self.tables.structures[structure]
        members = {m['name']: m for m in table['members']}
        data = bytearray(table['size'])
        for name, value in values.items():
            base, _, index = name.rstrip(']').partition('[')
            member = members[base]
            index = int(index, 0) if index.isdigit() else 0
            if index >= member['count']:
                raise Problem(f'{base} has elements 0..{member["count"] - 1}')
            if value >> 8 * member['size']:
                raise Problem(f'{name} has {member["size"]} bytes, 0x'
                              f'{value:x} does not fit')
            at = member['offset'] + index * member['stride']
            data[at:at + member['size']] = value.to_bytes(member['size'],
                                                          'little')
        return bytes(data)

    # --- TDMRs ------------------------------------------------------------

    def _dynamic(self, values):
        features = self.session.machine.platform['module']['features0']
        return bool(values.pop('dynamic', features & DYNAMIC_PAMT))

    def _pamt_size(self, level, step, size, dynamic):
        if level == '4k' and dynamic:
            bits = self.tables.constant('PAMT_PAGE_BITMAP_ENTRY_BITS')
            need = size // step * bits // 8
        else:
            need = size // step * self.tables.constant(
                f'PAMT_{level.upper()}_ENTRY_SIZE')
        return -(-need // K4) * K4

    def _place(self, values, dynamic):
        at = values.pop('pamt', self.next_pamt)
        for level, step in LEVELS:
            size = values.setdefault(
                f'pamt_{level}_size',
                self._pamt_size(level, step, values['size'], dynamic))
            if f'pamt_{level}_base' not in values:
                values[f'pamt_{level}_base'] = at
                at += size
        self.next_pamt = at

    def tdmr(self, words):
        """The command "tdmr"."""
        values = self._values('tdmr', words)
        if 'base' not in values or 'size' not in values:
            raise Problem('say where it is: tdmr base=4G size=1G')
        self._place(values, self._dynamic(values))
        self._pack('TDMR_INFO', values)
        self.tdmrs.append(values)
        self.session.say(f'TDMR {len(self.tdmrs) - 1}: ' + ' '.join(
            f'{name}=0x{value:x}' for name, value in values.items()))

    def config(self, words):
        """The command "config"."""
        session = self.session
        values = self._values('config', words)
        if not self.tdmrs:
            raise Problem('there is no TDMR yet; say first where one is: '
                          'tdmr base=4G size=1G')
        plat = session.machine.platform
        hkid = values.get('hkid', plat['mktme_keyids'] + 1)
        if self._dynamic(values):
            hkid |= CONFIG_DYNAMIC
        array = values.get('at', INFOS_AT)
        align = self.tables.structures['TDMR_INFO']['align']
        info = array + align
        session.write(array, [info + align * i
                              for i in range(len(self.tdmrs))])
        for i, tdmr in enumerate(self.tdmrs):
            session.write(info + align * i,
                          words_of(self._pack('TDMR_INFO', tdmr)))
        session.run_words(['tdh.sys.config', f'tdmr_info_array={array}',
                           f'num_tdmrs={len(self.tdmrs)}',
                           f'hkid_flags={hkid}'])

    # --- all of it --------------------------------------------------------

    def _whole_gib(self):
        """Ranges of whole GiB, all of it convertible."""
        for base, size in self.session.machine.platform['cmrs']:
            start = -(-base // GIB) * GIB
            end = (base + size) // GIB * GIB
            if start < end:
                yield start, end - start

    def _room_for_pamts(self, dynamic):
        """The ranges for TDMRs; their PAMTs will be placed outside of them

        Below the first one where they fit there, else in the last GiBs of the
        largest, which is so much smaller.
        """
        ranges = list(self._whole_gib())
        need = sum(self._pamt_size(level, step, size, dynamic)
                   for _, size in ranges for level, step in LEVELS)
        self.next_pamt = PAMT_AT
        low = self.session.machine.platform['cmrs'][0]
        if not ranges or PAMT_AT + need <= min(ranges[0][0], sum(low)):
            return ranges
        cut = -(-need // GIB) * GIB
        largest = max(range(len(ranges)), key=lambda i: ranges[i][1])
        base, size = ranges[largest]
        if size <= cut:
            raise Problem('the memory has no room for its PAMTs')
        ranges[largest] = base, size - cut
        self.next_pamt = base + size - cut
        return ranges

    def _key_config(self, lps, packages):
        """TDH.SYS.KEY.CONFIG on one LP of each package

        The first of each, if they are of one size; the module tells where
        the others begin.
        """
        first = [package * lps // packages for package in range(packages)]
        done = 0
        for lp in [*first, *(lp for lp in range(lps) if lp not in first)]:
            leaf = self.tables.leaf('tdh.sys.key.config')
            regs = self.session.call(leaf, lp, {'rax': leaf.number})
            if regs['rax'] == self.tables.statuses['TDX_KEY_CONFIGURED']:
                continue
            if not self.session.last[1] or regs['rax']:
                raise Problem(f'tdh.sys.key.config on LP {lp}: '
                              f'{self.session.answer()}')
            done += 1
            if done == packages:
                return

    def bringup(self, words):
        """The command "bringup"."""
        session = self.session
        values = self._values('bringup', words)
        init = values.pop('tdmr_init', 1)
        dynamic = self._dynamic(values)
        plat = session.machine.platform
        session.must_succeed('tdh.sys.init')
        for lp in range(plat['lps']):
            session.must_succeed('tdh.sys.lp.init', lp)
        self.tdmrs = []
        for base, size in self._room_for_pamts(dynamic):
            self.tdmr([f'base={base}', f'size={size}',
                       f'dynamic={int(dynamic)}'])
        if not self.tdmrs:
            raise Problem('there is no whole GiB of RAM; start with -m 4G')
        self.config([f'dynamic={int(dynamic)}',
                     *(f'hkid={v}' for v in [values.get('hkid')] if v)])
        if session.last[2]['rax']:
            raise Problem(f'TDH.SYS.CONFIG: {session.answer()}')
        self._key_config(plat['lps'], plat['packages'])
        for tdmr in self.tdmrs if init else []:
            base, end = tdmr['base'], tdmr['base'] + tdmr['size']
            while session.must_succeed('tdh.sys.tdmr.init',
                                       tdmr_base=base)['next'] < end:
                pass
        session.say('the module is ready' if init else
                    'the module is ready, its PAMT not initialised')

    def td_params(self, words):
        """The command "td-params"."""
        values = self._values('td-params', words)
        if 'at' not in values:
            raise Problem('say where to: td-params at=1M')
        at = values.pop('at')
        self.session.write(at, words_of(self._pack(
            'TD_PARAMS', {**TD_PARAMS, **values})))
        self.session.say(f'TD_PARAMS at 0x{at:x}')
