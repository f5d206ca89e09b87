#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Does the vector runner find what is wrong?  Usage: test-vector-runner.sh
# RUNNER.  Prints TAP.
set -u
runner=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
count=0
unset V

platform='{"op":"platform","max_pa":46,"keyid_bits":3,"mktme_keyids":3,
"tdx_keyids":4,"lps":2,"packages":1,"cmrs":[["0x100000","0x3ff00000"]],
"seamrr":["0x40000000","0x4000000"],"init_lps":1}'

# scenario ID STEP...: one scenario behind the platform step, as one line
scenario() {
    id=$1
    shift
    printf '{"id":"%s","steps":[%s' "$id" "$platform"
    for step; do
        printf ',%s' "$step"
    done
    printf ']}'
}

# check NAME EXIT-STATUS PATTERN ARGUMENT...: run it; all of the output must
# match the extended regular expression
check() {
    name=$1 want=$2 pattern=$3
    shift 3
    count=$((count + 1))
    got=0
    output=$("$runner" "$@" 2>&1) || got=$?
    if [ $got = "$want" ] &&
        printf '%s' "$output" | tr '\n' ' ' | grep -Eq "^$pattern\$"; then
        echo "ok $count $name"
    else
        echo "not ok $count $name"
        printf '%s\n' "exit status $got" "$output" | sed 's/^/# /'
    fi
}

put() {
    tr -d '\n' > "$dir/$1"
    echo >> "$dir/$1"
}

lp_shutdown='{"op":"seamcall","lp":1,"rax":"0x2c","rcx":"0x1","rbx":"0x7",
"expect":{"rax":"0x0"}}'
lp_init='{"op":"seamcall","lp":1,"rax":"0x23","rcx":"0x1",
"expect":{"rax":"0x0","rcx":"0x0"}}'
again='{"op":"seamcall","lp":1,"rax":"0x23","rcx":"0x1",
"expect":{"rax":"0x0","rcx":"0x0"},"repeat":2}'
changed='{"op":"seamcall","lp":1,"rax":"0x23","rcx":"0x1",
"expect":{"rax":"0x0"}}'
ignored='{"op":"seamcall","lp":1,"rax":"0x23","rcx":"0x1",
"expect":{"rax":"0x0"},"ignore":["rcx"]}'
# RAX grows from LP.SHUTDOWN to SYS.CONFIG
stride='{"op":"seamcall","lp":1,"rax":"0x2c","repeat":2,
"stride":{"rax":"0x1"},"expect":{"rax":"0xc000050c00000000"}}'
memory='{"op":"write64","pa":"0x200000","v":["0x1","0x2"]},
{"op":"read64","pa":"0x200000","v":["0x1",null,"0x0"]}'

echo 1..22

scenario a "$lp_shutdown" "$lp_init" "$memory" | put good.jsonl
check good 0 '1 passed, 0 failed' "$dir/good.jsonl"
cat "$dir/good.jsonl" "$dir/good.jsonl" | gzip > "$dir/two.jsonl.gz"
check gzip 0 '2 passed, 0 failed' "$dir/two.jsonl.gz"
check several 0 '.*good.jsonl: 1 passed.*two.*: 2 passed.* 3 passed, 0 failed' \
    "$dir/good.jsonl" "$dir/two.jsonl.gz"

scenario b "$lp_init" "$again" | put bad.jsonl
check wrong-status 1 '0 passed, 1 failed' "$dir/bad.jsonl"
check verbose 1 'FAILED b .*step 2: TDH.SYS.LP.INIT on LP 1, call 1 of 2 .*RAX expected 0x0 TDX_SUCCESS +is +0xc000050300000000 TDX_SYS_LP_INIT_DONE 0 passed, 1 failed' \
    -v "$dir/bad.jsonl"
V=1
export V
check environment 1 'FAILED b .*TDX_SYS_LP_INIT_DONE .*' "$dir/bad.jsonl"
unset V
check mixed 1 '.*: 1 passed, 0 failed.*: 0 passed, 1 failed 1 passed, 1 failed' \
    "$dir/good.jsonl" "$dir/bad.jsonl"

# Registers that are not listed keep what they had
scenario c "$changed" | put changed.jsonl
check unlisted 1 '.*RCX expected 0x1 +is +0x0 .*' -v "$dir/changed.jsonl"
scenario d "$ignored" | put ignored.jsonl
check ignored 0 '1 passed, 0 failed' "$dir/ignored.jsonl"
scenario e "$stride" | put stride.jsonl
check stride 0 '1 passed, 0 failed' "$dir/stride.jsonl"
scenario f/0 "$stride" | put strict.jsonl
check repeats-alike 1 '.*call 1 of 2.*' -v "$dir/strict.jsonl"
scenario g '{"op":"read64","pa":"0x200000","v":["0x1"]}' | put memory.jsonl
check memory 1 '.*memory at 0x200000: expected 0x1, is 0x0 .*' \
    -v "$dir/memory.jsonl"
check skip 1 '.*, 0 failed .*, 1 failed .*' --skip g -v \
    "$dir/stride.jsonl" "$dir/memory.jsonl" "$dir/strict.jsonl"

# SYS.RD of TDX_FEATURES0 once the module is another
default=$platform
module='{"features0":"0x40000","seamverifyreport":0}'
platform="${platform%?},\"module\":$module}"
features0='{"op":"seamcall","lp":0,"rax":"0x22","rdx":"0x0a00000300000008",
"expect":{"rax":"0x0","r8":"0x40000","rdx":"0x9000000100000000"}}'
scenario k "$features0" | put module.jsonl
check module 0 '1 passed, 0 failed' "$dir/module.jsonl"
sed 's/"features0"/"features1"/' "$dir/module.jsonl" > "$dir/other.jsonl"
check unknown-module 1 '.*unknown module property "features1".*' \
    "$dir/other.jsonl"
platform=$default

: > "$dir/empty.jsonl"
check empty 1 '[^ ]*empty.jsonl: no scenario in it 0 passed, 1 failed' \
    "$dir/empty.jsonl"
echo '{"id": oops}' > "$dir/json.jsonl"
check json 1 '[^ ]*json.jsonl: line 1: .*0 passed, 1 failed' "$dir/json.jsonl"
head -c 100 "$dir/two.jsonl.gz" > "$dir/cut.jsonl.gz"
check truncated 1 '[^ ]*cut.jsonl.gz: line 1: .*, 1 failed' \
    "$dir/cut.jsonl.gz"
check missing 1 '[^ ]*nothing.jsonl: .*No such file.* 0 passed, 1 failed' \
    "$dir/nothing.jsonl"
scenario h '{"op":"seamcall","lp":2,"rax":"0x2c","expect":{"rax":"0x0"}}' |
    put lp.jsonl
check no-such-lp 1 '.*line 1: h: step 1: lp must be 0..1 0 passed, 1 failed' \
    "$dir/lp.jsonl"
scenario i '{"op":"seamcall","lp":0,"rax":"0x2c","expect":{"rax":"0x0"},
"wait":1}' | put key.jsonl
check unknown-key 1 '.*unknown key "wait".*' "$dir/key.jsonl"
check no-file 2 'vector-runner: no file given; .*'
