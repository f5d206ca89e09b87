# SPDX-License-Identifier: GPL-2.0-or-later
"""A host that updates its TDX module, as tests drive it and read its log."""

import re

from test_x86_64_tdx_host import TdxGuest

# The kernel's line and both of its states after it, by the leaf that failed
SEAMCALL = r'virt/tdx: SEAMCALL \(0x%016x\) failed: 0x%016x'
LOADER = r'seamldr: SEAMCALL \(0x8000000000000001\) failed: 0x%016x'
RD, INIT, SHUTDOWN = 34, 33, 52
LP_INIT, UPDATE = 35, 53
NOT_LOADED = 'virt/tdx: module not loaded'
# Statuses that the kernel prints after a failed update
SAYS_SHUTDOWN, SAYS_NOT_READY, SAYS_LP_NOT_INIT = (
    0xc000050600000000, 0xc000050500000000, 0xc000050200000000)

GOOD = ''
INVALID = 'transferring:firmware-invalid'


def loader(status):
    """The one line of an INSTALL that failed"""
    return LOADER % status


def call(leaf, status):
    """The line of a leaf of the module"""
    return SEAMCALL % (leaf, status)


class TdxUpdate(TdxGuest):
    """Each test is one boot"""

    mistakes = '.*'     # those that a test is about

    def blobs(self, **images):
        """An initramfs with images; each is a function on a blob.Image"""
        from seam import blob
        files = {}
        for name, make in images.items():
            image = blob.Image()
            data = make(image)
            files[name] = image.file() if data is None else data
        both = self.scratch_file('initramfs.gz')
        blob.initramfs(self.need('build/guest/initramfs.gz'), files, both)
        return both

    def update(self, steps, images, smp='2', look=None, **machine):
        """The log of a boot that makes these steps, and what came of each"""
        self.start(initramfs=self.blobs(**images), smp=smp,
                   mem=machine.pop('mem', '1G'), append=(
                       f'seam.mode=update seam.update={",".join(steps)}'),
                   **machine)
        self.wait('SHUTDOWN')
        if look:
            look()
        log, = self.boots()
        said = re.findall(r"seam: update (\S+): version (\S+), (\S+) left, "
                          r"error '(.*)', to do (\d+)", self.read_serial())
        return log, [(name, version, left, error)
                     for name, version, left, error, _ in said]

    def lines(self):
        """What the kernel says of TDX from the first step to switching off

        Without the registers that follow some lines.
        """
        text = self.read_serial()
        text = text[text.index('seam: update begin'):]
        return [line for line in
                re.findall(r'(?:virt/tdx|seamldr): (?!R[0-9C]).*', text)
                if 'TDH.SYS.DISABLE' not in line]

    def disable(self):
        """The status of TDH.SYS.DISABLE at the end, where it was told"""
        return re.findall(r'virt/tdx: TDH.SYS.DISABLE failed: 0x(\w+)',
                          self.read_serial())

    def modules_calls(self):
        """Calls of each leaf, by number, and the loader's by name"""
        module = self.vm.cmd('query-tdx-module')
        calls = {leaf['number']: leaf['calls'] for leaf in module['leaves']}
        calls.update((leaf['name'], leaf['calls'])
                     for leaf in module['loader']['leaves'])
        return calls

    def loader(self):
        """What QMP tells of the P-SEAMLDR; calls and errors of each leaf"""
        told = self.vm.cmd('query-tdx-module')['loader']
        return {**told, **{leaf['name']: (leaf['calls'], leaf['errors'])
                           for leaf in told['leaves']}}


def described(*settings, pages=1):
    """An image with this description"""
    return lambda image: image.describe(settings, pages)


def without(feature, *settings):
    """One that has not this feature"""
    def make(image):
        from seam import blob
        bits = int(image.keys['features0'], 0) & ~blob.features([feature])
        image.describe([f'features0={bits:#x}', *settings])
    return make


def signed(**fields):
    """One with these fields in its SIGSTRUCT"""
    def make(image):
        image.describe(())
        for name, value in fields.items():
            image.set(name, value)
        image.sign()
    return make


def spoilt(**fields):
    """One whose SIGSTRUCT was changed after it was signed"""
    def make(image):
        image.describe(())
        for name, value in fields.items():
            image.set(name, value)
    return make
