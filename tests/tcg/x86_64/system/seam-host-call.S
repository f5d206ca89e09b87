/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bool seamcall_regs(struct seam_regs *regs), for seam-host.c; the same for
 * TDCALL.
 */

        .text
        .macro call_regs name, opcode
        .global \name
\name:
        push %rbx
        push %rbp
        push %r12
        push %r13
        push %r14
        push %r15
        push %rdi
        mov 0x00(%rdi), %rax
        mov 0x08(%rdi), %rcx
        mov 0x10(%rdi), %rdx
        mov 0x18(%rdi), %rbx
        mov 0x20(%rdi), %rbp
        mov 0x28(%rdi), %rsi
        mov 0x38(%rdi), %r8
        mov 0x40(%rdi), %r9
        mov 0x48(%rdi), %r10
        mov 0x50(%rdi), %r11
        mov 0x58(%rdi), %r12
        mov 0x60(%rdi), %r13
        mov 0x68(%rdi), %r14
        mov 0x70(%rdi), %r15
        mov 0x30(%rdi), %rdi
        .byte 0x66, 0x0f, 0x01, \opcode
        /* RDI goes to the stack, the pointer comes from there */
        xchg %rdi, (%rsp)
        mov %rax, 0x00(%rdi)
        mov %rcx, 0x08(%rdi)
        mov %rdx, 0x10(%rdi)
        mov %rbx, 0x18(%rdi)
        mov %rbp, 0x20(%rdi)
        mov %rsi, 0x28(%rdi)
        mov %r8, 0x38(%rdi)
        mov %r9, 0x40(%rdi)
        mov %r10, 0x48(%rdi)
        mov %r11, 0x50(%rdi)
        mov %r12, 0x58(%rdi)
        mov %r13, 0x60(%rdi)
        mov %r14, 0x68(%rdi)
        mov %r15, 0x70(%rdi)
        pop %rcx
        mov %rcx, 0x30(%rdi)
        setnc %al
        movzbl %al, %eax
        pop %r15
        pop %r14
        pop %r13
        pop %r12
        pop %rbp
        pop %rbx
        ret
        .endm

        call_regs seamcall_regs, 0xcf
        call_regs tdcall_regs, 0xcc
