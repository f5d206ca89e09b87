# SPDX-License-Identifier: GPL-2.0-or-later
"""What the commands in scripts/ and guest/, and the tests, have in common.

  paths     where a clone has its programs and what is built
  qmp       the QMP client, the only one
  tables    names of leaves, operands, fields and statuses
  runner    a guest in QEMU: command line, serial log, monitor
  tdxlog    what a kernel's log says of TDX
  report    what came of a boot, as TAP
  cpio      archives for a kernel's initramfs
  measure   what a TD's MRTD will be
  client/   what scripts/seamcall is made of
  view/     what scripts/pamt-view is made of

A command of scripts/ finds the package beside itself, one of guest/ by the
link there; tests get scripts/ in PYTHONPATH.
"""


class Problem(Exception):
    """Something the user can put right; one line says how."""
