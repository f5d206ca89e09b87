# SPDX-License-Identifier: GPL-2.0-or-later
"""What scripts/seamcall is made of."""


class Problem(Exception):
    """Something the user can put right; one line says how."""
