# SPDX-License-Identifier: GPL-2.0-or-later
"""What scripts/pamt-view is made of: snapshots, a layout, two ways to draw."""


class Problem(Exception):
    """What the user has to know, in one line."""
