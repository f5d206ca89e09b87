/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A payload's first instruction, TDCALL with all registers, and how
 * exceptions and interrupts come to C.
 */

#include "abi.h"

        .section .text.start, "ax"
        .globl  start
start:
        /* RDI the vCPU, RSI the argument, RDX the width: as the loader left */
        call    payload_main
        movl    %eax, %edi
        call    leave_td
        jmp     .

/* void tdcall(struct tdcall *) */
        .text
        .globl  tdcall
tdcall:
        push    %rbx
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        push    %rdi
        movq    %rdi, %rax
        movq    1 * 8(%rax), %rcx
        movq    2 * 8(%rax), %rdx
        movq    3 * 8(%rax), %rbx
        movq    4 * 8(%rax), %rsi
        movq    5 * 8(%rax), %rdi
        movq    6 * 8(%rax), %r8
        movq    7 * 8(%rax), %r9
        movq    8 * 8(%rax), %r10
        movq    9 * 8(%rax), %r11
        movq    10 * 8(%rax), %r12
        movq    11 * 8(%rax), %r13
        movq    12 * 8(%rax), %r14
        movq    13 * 8(%rax), %r15
        movq    0 * 8(%rax), %rax
        tdcall
        push    %rax
        movq    8(%rsp), %rax
        popq    0 * 8(%rax)
        movq    %rcx, 1 * 8(%rax)
        movq    %rdx, 2 * 8(%rax)
        movq    %rbx, 3 * 8(%rax)
        movq    %rsi, 4 * 8(%rax)
        movq    %rdi, 5 * 8(%rax)
        movq    %r8, 6 * 8(%rax)
        movq    %r9, 7 * 8(%rax)
        movq    %r10, 8 * 8(%rax)
        movq    %r11, 9 * 8(%rax)
        movq    %r12, 10 * 8(%rax)
        movq    %r13, 11 * 8(%rax)
        movq    %r14, 12 * 8(%rax)
        movq    %r15, 13 * 8(%rax)
        pop     %rdi
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbx
        ret

/* One stub of 16 bytes for each vector, which leaves an error code or 0 */
        .globl  stubs
        .balign 16
stubs:
        .set    vector, 0
        .rept   0x50
        .balign 16
        .if     !(vector == 8 || (vector >= 10 && vector <= 14) || \
                  vector == 17 || vector == 21)
        push    $0
        .endif
        push    $vector
        jmp     common
        .set    vector, vector + 1
        .endr

common:
        push    %rax
        push    %rcx
        push    %rdx
        push    %rbx
        push    %rsi
        push    %rdi
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        push    %rbp
        movq    %rsp, %rdi
        movq    %rsp, %rbp
        andq    $-16, %rsp
        cld
        call    handle_vector
        movq    %rbp, %rsp
        pop     %rbp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %r11
        pop     %r10
        pop     %r9
        pop     %r8
        pop     %rdi
        pop     %rsi
        pop     %rbx
        pop     %rdx
        pop     %rcx
        pop     %rax
        addq    $16, %rsp
        iretq

        .section .note.GNU-stack, "", @progbits
