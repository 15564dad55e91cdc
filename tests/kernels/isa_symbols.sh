#!/bin/sh
# isa_symbols.sh ISA OBJECT...: fails when an object of an instruction set defines a weak or unique symbol outside the set's namespace.
# The linker keeps one copy of such a symbol for the whole program, and if that copy uses instructions that a machine lacks, it crashes.
isa=$1
shift
[ $# -gt 0 ] || { echo "no objects to look at"; exit 1; }
symbols=$(nm --demangle --defined-only "$@") || exit 1
leaks=$(printf '%s\n' "$symbols" | grep -E '^[0-9a-f]+ [WVuwv] ' | grep -v "fovea::kernels::$isa::")
[ -z "$leaks" ] || { printf 'weak symbols in the %s objects:\n%s\n' "$isa" "$leaks"; exit 1; }
