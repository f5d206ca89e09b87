/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The loader, as tdvmm carries it.
 */

        .section .rodata
        .globl  loader_start, loader_end
loader_start:
        .incbin "loader.bin"
loader_end:
        .section .note.GNU-stack, "", @progbits
