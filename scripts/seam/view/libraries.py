# SPDX-License-Identifier: GPL-2.0-or-later
"""The libraries that draw come with the first call."""
import subprocess

from .. import Problem, paths

DEPS = paths.TOP / 'scripts/deps'


def libraries():
    """The modules svg and term; what they need is installed if missing."""
    for last in (False, True):
        try:
            # pylint: disable=import-outside-toplevel
            from . import svg, term
            return svg, term
        except ImportError as error:
            if last or subprocess.run([DEPS, 'view'], check=False).returncode:
                raise Problem(f'{error}; run scripts/deps view') from error
    return None
