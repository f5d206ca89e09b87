/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the VMX instructions read and write in memory: regions and lists by
 * physical address, descriptors that are operands.
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/qemu-compat-tcg.h"
#include "tcg/helper-tcg.h"
#include "engine.h"

bool vmx_may_ask_device(CPUX86State *env)
{
    return !icount_enabled() || env_cpu(env)->neg.can_do_io;
}

static bool is_memory(AddressSpace *as, uint64_t addr, size_t size, bool write,
                      MemTxAttrs attrs)
{
    hwaddr offset, len = size;
    MemoryRegion *mr;

    RCU_READ_LOCK_GUARD();
    mr = address_space_translate(as, addr, &offset, &len, write, attrs);
    return len == size && memory_access_is_direct(mr, write, attrs);
}

static bool phys_access(X86CPU *cpu, uint64_t addr, void *buf, size_t size,
                        bool write)
{
    CPUState *cs = CPU(cpu);
    MemTxAttrs attrs = cpu_get_mem_attrs(&cpu->env);
    AddressSpace *as =
        cpu_get_address_space(cs, cpu_asidx_from_attrs(cs, attrs));

    addr = x86_seam_strip_keyid(cpu, addr);
    if (unlikely(!vmx_may_ask_device(&cpu->env)) &&
        !is_memory(as, addr, size, write, attrs)) {
        if (!write) {
            memset(buf, 0xff, size);
        }
        return false;
    }
    return address_space_rw(as, addr, attrs, buf, size, write) == MEMTX_OK;
}

bool vmx_phys_read(CPUX86State *env, uint64_t addr, void *buf, size_t size)
{
    return phys_access(env_archcpu(env), addr, buf, size, false);
}

bool vmx_phys_write(CPUX86State *env, uint64_t addr, const void *buf,
                    size_t size)
{
    return phys_access(env_archcpu(env), addr, (void *)buf, size, true);
}

/*
 * An address that is not canonical is #SS with the stack segment, which TCG
 * does not tell.
 */
void vmx_read_descriptor(CPUX86State *env, uint64_t ea, uint64_t desc[2],
                         uintptr_t ra)
{
    unsigned bits = env->cr[4] & CR4_LA57_MASK ? 57 : 48;

    if ((env->hflags & HF_CS64_MASK) &&
        sextract64(ea, 0, bits) != (int64_t)ea) {
        cpu_restore_state(env_cpu(env), ra);
        if (vmx_insn_decode(env).segment == R_SS) {
            raise_exception_err(env, EXCP0C_STACK, 0);
        }
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    desc[0] = cpu_ldq_data_ra(env, ea, ra);
    desc[1] = cpu_ldq_data_ra(env, ea + 8, ra);
}
