/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The smallest payload: two dozen TDVMCALLs, one for each character, and one
 * that ends the TD.
 */

#define TDX_TDCALL(number, id, name) .set id, number;
#include "abi/leaf-list.h"
#include "abi.h"

        .set VMCALL_IO, 30
        .set R10_TO_R15, 0xfc00

        .section .text.start, "ax"
        .globl  start
start:
        leaq    text(%rip), %rbx
next:
        movzbl  (%rbx), %r15d
        movl    $TDVMM_UART, %r14d
        incq    %rbx
        testl   %r15d, %r15d
        jnz     send
        movl    $TDVMM_EXIT, %r14d      /* with the 0 behind the text */
send:
        movl    $1, %r12d               /* a byte */
        movl    $1, %r13d               /* to write */
        movl    $VMCALL_IO, %r11d
        xorl    %r10d, %r10d
        movl    $R10_TO_R15, %ecx
        movl    $TDG_VP_VMCALL, %eax
        tdcall
        jmp     next
text:
        .asciz  "Hello from a TD\n"

        .section .note.GNU-stack, "", @progbits
