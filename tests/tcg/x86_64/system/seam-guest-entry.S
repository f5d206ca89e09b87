/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Exception entries, the ways to CPL 3 and compatibility mode and back, and
 * the start of further processors, for seam-guest.c.
 */

#define KERNEL_CS 0x08
#define KERNEL_DS 0x10
#define USER_DS 0x1b
#define USER_CS 0x23
#define COMPAT_CS 0x28
#define VECTOR_RETURN 0x80

        .code64
        .text

/* The table of entries for vectors 0 to 31 and VECTOR_RETURN */
        .macro entry vector, has_error
        .align 16
        .if !\has_error
        pushq $0
        .endif
        pushq $\vector
        jmp common_entry
        .endm

        .align 16
        .global exception_entries
exception_entries:
        .set vector, 0
        .rept 32
        .if (vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17)
        entry vector, 1
        .else
        entry vector, 0
        .endif
        .set vector, vector + 1
        .endr
        .global return_entry
        .align 16
return_entry:
        pushq $0
        pushq $VECTOR_RETURN

common_entry:
        popq fault(%rip)
        popq fault+8(%rip)
        popq fault+16(%rip)
        mov %cr2, %rax
        mov %rax, fault+24(%rip)
        mov %rbx, fault+32(%rip)
        mov $KERNEL_DS, %eax
        mov %eax, %ds
        mov %eax, %es
        mov %eax, %ss
        mov catch_rsp(%rip), %rsp
        test %rsp, %rsp
        jz unexpected
        cmpq $VECTOR_RETURN, fault(%rip)
        jne caught
not_caught:
        movq $-1, fault(%rip)
caught:
        movq $0, catch_rsp(%rip)
        popfq
        pop %r15
        pop %r14
        pop %r13
        pop %r12
        pop %rbp
        pop %rbx
        mov fault(%rip), %eax
        ret

unexpected:
        lea exception_stack_end(%rip), %rsp
        call unexpected_exception

        .macro enter_catch
        push %rbx
        push %rbp
        push %r12
        push %r13
        push %r14
        push %r15
        pushfq
        mov %rsp, catch_rsp(%rip)
        .endm

        .global catch_fault
catch_fault:
        enter_catch
        mov %rdi, %rax
        mov %rsi, %rdi
        call *%rax
        mov catch_rsp(%rip), %rsp
        jmp not_caught

        .global catch_fault_user
catch_fault_user:
        enter_catch
        pushq $USER_DS
        lea user_stack_end(%rip), %rax
        pushq %rax
        pushq $2
        pushq $USER_CS
        lea 1f(%rip), %rax
        pushq %rax
        iretq
1:      mov %rdi, %rax
        mov %rsi, %rdi
        call *%rax
        int $VECTOR_RETURN

        .global catch_fault_compat
catch_fault_compat:
        enter_catch
        pushq $COMPAT_CS
        pushq %rdi
        lretq

/* A processor starts here, copied to a page below 1 MiB: CS:0, real mode. */
        .code16
        .global ap_trampoline, ap_trampoline_end
ap_trampoline:
        cli
        mov %cs, %ax
        mov %ax, %ds
        mov %ax, %ss
        mov $0xff0, %sp
        /* For tests: does VMXON raise #UD in real mode? Through the IVT */
        .byte 0xf3, 0x0f, 0xc7, 0x36, 0x00, 0x00    /* vmxon [0] */
        jmp 1f
ap_real_ud:
        movw $1, %cs:ap_real_mode_ud - ap_trampoline
1:
        lgdtl ap_gdtr - ap_trampoline
        mov $0x20, %eax                 /* CR4.PAE */
        mov %eax, %cr4
        mov ap_cr3 - ap_trampoline, %eax
        mov %eax, %cr3
        mov $0xc0000080, %ecx           /* EFER.LME */
        rdmsr
        or $0x100, %eax
        wrmsr
        mov $0x80000021, %eax           /* CR0.PG, NE, PE */
        mov %eax, %cr0
        ljmpl *ap_jump - ap_trampoline

        .align 8
        .global ap_jump, ap_cr3, ap_gdtr, ap_real_mode_ud, ap_real_ud
ap_jump:
        .long ap_entry64
        .word KERNEL_CS
ap_real_mode_ud:
        .word 0
ap_cr3: .long 0
ap_gdtr:
        .word 0
        .long 0
ap_trampoline_end:

        .code64
ap_entry64:
        mov $KERNEL_DS, %eax
        mov %eax, %ds
        mov %eax, %es
        mov %eax, %ss
        mov ap_stack(%rip), %rsp
        lidt idtr(%rip)
        mov ap_function(%rip), %rax
        movq $1, ap_running(%rip)
        call *%rax
1:      cli
        hlt
        jmp 1b

        .bss
        .align 16
        .space 4096
user_stack_end:
        .space 4096
        .global exception_stack_end
exception_stack_end:
        .global catch_rsp
catch_rsp:
        .quad 0
