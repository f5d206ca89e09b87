/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tables of an EPT in a little physical memory, and walks of them.
 */

#ifndef TESTS_VMX_EPT_FIXTURE_H
#define TESTS_VMX_EPT_FIXTURE_H

#include "vmx-config.h"
#include "vmx/ept.h"

#define PAGES 8
#define RWX 7ULL
#define WB (6ULL << 3)
#define ACCESSED (1ULL << 8)
#define DIRTY (1ULL << 9)

/* Physical memory: pages 1 to 7 at 0x1000 to 0x7fff, nothing else */
typedef struct World {
    X86VmxCaps caps;
    uint64_t mem[PAGES][512];
    unsigned refuse;        /* so many updates fail */
    unsigned log_room;
    uint64_t logged;
    unsigned updates;
} World;

/*
 * Tables of four levels at pages 1 to 4, one above at page 5.  The address
 * GPA goes by entry 1 of level 5, 2 of 4, 3 of 3, 4 of 2, and 5 of 1.
 */
#define GPA4 (2ULL << 39 | 3ULL << 30 | 4ULL << 21 | 5ULL << 12 | 0x678)
#define GPA5 (GPA4 | 1ULL << 48)
#define PML5E(w) ((w)->mem[5][1])
#define PML4E(w) ((w)->mem[1][2])
#define PDPTE(w) ((w)->mem[2][3])
#define PDE(w)   ((w)->mem[3][4])
#define PTE(w)   ((w)->mem[4][5])
#define HPA 0x3456789000ULL

/** world_new: all levels map GPA4 and GPA5 to HPA, with all rights */
World *world_new(void);

/** tables: the EPT of @levels; @flags: with accessed and dirty flags */
X86Ept tables(World *w, unsigned levels, bool flags);

/** go: walk them; @access.gpa may be 0 for the address that is mapped */
X86EptResult go(World *w, unsigned levels, bool flags, X86EptAccess access,
                X86EptWalk *walk);

#endif /* TESTS_VMX_EPT_FIXTURE_H */
