# SPDX-License-Identifier: GPL-2.0-or-later
"""What is fetched of Debian's packages: unpacked in the cache, not installed.

By scripts/apt-view, a view of its own of Debian's archive.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from . import Problem, paths

TD_SUITES = 'trixie'                # its kernels and its OVMF start TDs
KERNEL = re.compile(r'linux-image-(\d+)\.(\d+)\.(\d+)\+\S*-cloud-amd64')


def cache():
    """The directory that all clones share"""
    home = pathlib.Path(os.environ.get('XDG_CACHE_HOME') or
                        pathlib.Path.home() / '.cache')
    return pathlib.Path(os.environ.get('SEAM_CACHE') or home / 'qemu-seam')


def apt_view(suites, *words):
    """What scripts/apt-view prints, or a Problem"""
    done = subprocess.run([paths.TOP / 'scripts/apt-view', '-s', suites,
                           *words], text=True, stdout=subprocess.PIPE,
                          check=False)
    if done.returncode:
        raise Problem(f'apt-view {" ".join(words)} failed; see above')
    return done.stdout


def unpacked(package, suites=TD_SUITES):
    """The newest version of a package, unpacked: the directory"""
    version = apt_view(suites, 'policy', package).strip()
    root = cache() / 'debian' / f'{package}_{version}'
    if (root / 'complete').exists():
        return root
    print(f'  fetching {package} {version}', flush=True)
    root.parent.mkdir(parents=True, exist_ok=True)
    new = pathlib.Path(tempfile.mkdtemp(dir=root.parent))
    try:
        deb = apt_view(suites, 'deb', f'{package}={version}', new).strip()
        subprocess.run(['dpkg-deb', '-x', deb, new], check=True)
        os.unlink(deb)
        (new / 'complete').touch()
        shutil.rmtree(root, ignore_errors=True)
        new.rename(root)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return root


def kernel_package():
    """The name of the newest stock kernel for virtual machines"""
    found = []
    for name in apt_view(TD_SUITES, 'names', 'linux-image-').split():
        match = KERNEL.fullmatch(name)
        if match:
            found.append((*map(int, match.groups()), name))
    if not found:
        raise Problem(f'Debian\'s {TD_SUITES} offers no linux-image for cloud '
                      'machines; give one with TDKERNEL=<bzImage>')
    return max(found)[-1]


class Kernel:
    """A TD's kernel, and modules that a TD wants of it"""

    # With what it needs, in the order to load them; not all have all
    MODULES = ('configfs', 'tsm', 'tsm_report', 'tdx-guest')

    def __init__(self, image, modules=()):
        self.image = pathlib.Path(image)
        self.modules = list(modules)

    @classmethod
    def stock(cls):
        """Debian's"""
        root = unpacked(kernel_package())
        found = {path.name.split('.')[0]: path
                 for path in root.glob('**/*.ko.xz')
                 if path.name.split('.')[0] in cls.MODULES}
        images = list((root / 'boot').glob('vmlinuz-*'))
        if len(images) != 1:
            raise Problem(f'{root} holds no vmlinuz')
        return cls(images[0], [found[name] for name in cls.MODULES
                               if name in found])


def firmware():
    """Debian's OVMF, which starts a TD and takes a kernel by -kernel"""
    return unpacked('ovmf') / 'usr/share/ovmf/OVMF.fd'
