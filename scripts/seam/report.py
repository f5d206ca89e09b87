# SPDX-License-Identifier: GPL-2.0-or-later
"""What came of a boot as TAP, for machines that read: REPORT=file.

There is a report whenever the command began: one that got no further than the
build, or was refused or interrupted, says "Bail out!" and the reason.
"""

import contextlib
import pathlib

from . import Problem

HEAD = 'TAP version 13\n'


def facts(log, faults, end):
    """(what should be, whether it is) of one boot; all of them: a good one

    @log is its TdxLog, @faults the lines that no log may have, @end what
    Guest.wait() answered.
    """
    return [
        ('the guest says something on its console', bool(log.lines)),
        ('the TDX module is initialized', log.initialized),
        ('Dynamic PAMT is enabled', log.dynamic),
        ('no warning, oops or panic in the log', not faults),
        ('the machine switches itself off', end == 'off'),
    ]


def one_line(text):
    return ' '.join(text.split())


def tap(results, rows, wrong):
    """TAP of facts() with the summary's @rows and what is @wrong, or None"""
    text = HEAD + f'1..{len(results)}\n'
    for number, (title, good) in enumerate(results, 1):
        text += f'{"ok" if good else "not ok"} {number} - {title}\n'
    for name, value in rows:
        text += f'# {name}: {one_line(value)}\n'
    if wrong:
        text += f'# {one_line(wrong)}\n'
    return text


def bail_out(why):
    """TAP of a boot that did not take place"""
    return HEAD + f'Bail out! {one_line(str(why))}\n'


def path(env):
    """Where @env's REPORT says that the report goes, or None"""
    text = env.get('REPORT')
    if not text:
        return None
    found = pathlib.Path(text).expanduser()
    if found.is_dir():
        raise Problem(f'REPORT={text} is a directory; name a file')
    if not found.parent.is_dir():
        raise Problem(f'REPORT={text}: there is no directory {found.parent}')
    return found


def write(env, text):
    """Make @text the report, where one is asked for"""
    found = path(env)
    if found:
        try:
            found.write_text(text, encoding='utf-8')
        except OSError as error:
            raise Problem(f'REPORT={found}: {error.strerror}') from None


def refused(env, why):
    """Tell @why there was no boot; REPORT itself may be the reason"""
    with contextlib.suppress(Problem):
        write(env, bail_out(why))
