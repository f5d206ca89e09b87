# SPDX-License-Identifier: GPL-2.0-or-later
"""Images of TDX modules for the emulated P-SEAMLDR, and the file of one.

An image is no code: its first page describes in words what the module is to be.
Its signature is plainly none, but must fit (docs/system/i386/tdx-update.rst).
"""
import hashlib
import re
import stat
import struct

from . import Problem, cpio, paths
from .tables import Tables

# The file that Linux takes (P-SEAMLDR 7): version, checksum, signature, pages
# of SIGSTRUCT and of the module
HEADER = struct.Struct('<HH8sII')
FILE_VERSION = 0x200
FILE_SIGNATURE = b'TDX-BLOB'
# What a TDXHost CPU has in EAX of CPUID(1), with and without the erratum; the
# stepping does not count
CPUS = (0xa06d0, 0x806f8)
# Named as QEMU's own list names them
FEATURES = 'target/i386/tdx-module/abi/features0-list.h'


def features(names):
    """Bits of TDX_FEATURES0 by name"""
    text = (paths.TOP / FEATURES).read_text(encoding='utf-8')
    bits = {name: 1 << int(bit) for name, bit in
            re.findall(r'^TDX_FEATURE\((\w+), (\d+)\)', text, re.M)}
    total = 0
    for name in names:
        if name.upper() not in bits:
            raise Problem(f'TDX_FEATURES0 has no "{name}"; it has '
                          f'{", ".join(bits)}')
        total |= bits[name.upper()]
    return total


def number(text):
    """An int from what a user has typed"""
    try:
        return int(text, 0)
    except ValueError:
        raise Problem(f'"{text}" is no number') from None


class Image:
    """A module, its signature and the file around them

    What is set after one of the steps description(), hash(), sign(), file() is
    not covered by it: so images are spoilt on purpose.
    """

    def __init__(self, tables=None):
        tables = tables or Tables()
        self.facts = tables.image
        self.layout = tables.structures['SEAM_SIGSTRUCT']
        self.members = {m['name']: m for m in self.layout['members']}
        self.page = self.facts['page_size']
        self.keys = dict(line.split('=') for line in
                         self.facts['description'].split())
        self.pages = b''
        self.sig = bytearray(self.layout['size'])
        self.header = {'version': FILE_VERSION, 'signature': FILE_SIGNATURE,
                       'sigstruct_pages': 1}
        for name, value in self.facts['sigstruct'].items():
            self.set(name, value)
        self.set_key(self.facts['no_key'])
        self.set_cpus(CPUS)

    # --- the SIGSTRUCT ----------------------------------------------------

    def member(self, name):
        """Where a member of the SIGSTRUCT is"""
        if name not in self.members:
            raise Problem(f'the SIGSTRUCT has no "{name}"; it has '
                          f'{", ".join(self.members)}')
        return self.members[name]

    def set(self, name, value):
        """A number of the SIGSTRUCT"""
        member = self.member(name)
        if member['size'] > 8 or value >> 8 * member['size']:
            raise Problem(f'{name} does not take 0x{value:x}')
        self.set_bytes(name, value.to_bytes(member['size'], 'little'))

    def set_bytes(self, name, data):
        """The first bytes of a member"""
        at = self.member(name)['offset']
        self.sig[at:at + len(data)] = data

    def set_key(self, text):
        """This text where the key would be, as often as it takes"""
        size = self.members['modulus']['size']
        text = text.encode()
        self.set_bytes('modulus', (text * (size // len(text) + 1))[:size])

    def set_cpus(self, cpus):
        """The processors that the module is for, by CPUID(1).EAX"""
        table = self.members['cpuid_table']
        if len(cpus) > table['count']:
            raise Problem(f'there is room for {table["count"]} processors')
        self.set('cpuid_table_size', len(cpus))
        for i, cpu in enumerate(cpus):
            at = table['offset'] + i * table['stride']
            self.sig[at:at + table['size']] = cpu.to_bytes(table['size'],
                                                           'little')

    # --- steps ------------------------------------------------------------

    def describe(self, settings=(), pages=1):
        """Put the description into the first of so many pages

        Settings are KEY=NUMBER, or version=MAJOR.MINOR.UPDATE. What the
        SIGSTRUCT says of handoff data follows, unless it is set later.
        """
        for setting in settings:
            key, _, value = setting.partition('=')
            if key == 'version':
                if not re.fullmatch(r'\d+\.\d+\.\d+', value):
                    raise Problem('say version=MAJOR.MINOR.UPDATE')
                self.keys.update(zip(('major', 'minor', 'update'), (
                    hex(int(part)) for part in value.split('.'))))
                continue
            if key not in self.keys:
                raise Problem(f'a module is described by version, '
                              f'{", ".join(self.keys)}; not by "{key}"')
            self.keys[key] = value
        for key in ('module_hv', 'min_update_hv', 'no_downgrade'):
            self.set(key, number(self.keys[key.replace('_', '-')]))
        words = ''.join(f'{k}={v}\n' for k, v in self.keys.items()).encode()
        self.pages = self.facts['magic'].encode() + struct.pack(
            '<II', self.facts['version'], len(words)) + words
        self.pages += bytes(pages * self.page - len(self.pages))
        self.hash()

    def hash(self):
        """Measure the pages as they are, and sign that"""
        self.set_bytes('seamhash', hashlib.sha384(self.pages).digest())
        self.sign()

    def sign(self):
        """The false signature of the SIGSTRUCT as it is"""
        covered = self.sig[:self.facts['covered_end']] + \
            self.sig[self.facts['covered_again']:]
        digest = hashlib.sha384(covered).digest()
        size = self.members['signature']['size']
        self.set_bytes('signature', digest * (size // len(digest)))

    def file(self):
        """The file, with a checksum as others have it"""
        head = self.header
        data = HEADER.pack(
            head['version'], 0, head['signature'], head['sigstruct_pages'],
            head.get('module_pages', len(self.pages) // self.page))
        data += bytes(self.page - len(data))
        if head['sigstruct_pages']:
            data += self.sig.ljust(head['sigstruct_pages'] * self.page, b'\0')
        data += self.pages
        words = struct.unpack(f'<{len(data) // 2}H', data)
        return data[:2] + struct.pack('<H', -sum(words) & 0xffff) + data[4:]


def initramfs(base, files, out):
    """An initramfs that has /blobs/NAME for each of files, beside the base's"""
    archive = [('blobs', stat.S_IFDIR | 0o755)]
    archive += [(f'blobs/{name}', stat.S_IFREG | 0o644, data)
                for name, data in files.items()]
    with open(base, 'rb') as src, open(out, 'wb') as both:
        both.write(src.read() + cpio.compressed(archive))


def facts(data):
    """What is in a file: (header, description), or a Problem"""
    tables = Tables()
    page = tables.image['page_size']
    if len(data) < 2 * page:
        raise Problem('that is too short for an image')
    version, _, signature, sigs, mods = HEADER.unpack_from(data)
    start = (1 + sigs) * page
    magic = tables.image['magic'].encode()
    image = data[start:start + mods * page]
    if version != FILE_VERSION or signature != FILE_SIGNATURE:
        raise Problem(f'that is no file of version 0x{FILE_VERSION:x}')
    if not image.startswith(magic):
        raise Problem('the image is not one for QEMU')
    length, = struct.unpack_from('<I', image, len(magic) + 4)
    words = image[len(magic) + 8:][:length].decode('ascii', 'replace')
    return {'sigstruct_pages': sigs, 'module_pages': mods}, words
