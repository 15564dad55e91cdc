#!/usr/bin/env bash
# run_fuzz.sh PROGRAM SECONDS: fuzzes from the program's own seeds and fails on the first crash, leak, error or memory beyond 1 GiB.
# The input that did it is kept and named.
set -euo pipefail
program=$1 seconds=$2
folder=$(mktemp -d)
mkdir "$folder/corpus"
"$program" --seeds "$folder/corpus"
if "$program" "$folder/corpus" -max_total_time="$seconds" -max_len=8192 -rss_limit_mb=1024 -timeout=10 \
  -artifact_prefix="$folder/" -print_final_stats=1 2> "$folder/log"; then
  grep -E 'Done|stat::|cov:' "$folder/log" | tail -8
  rm -r "$folder"
else
  cat "$folder/log"
  echo "the input is in $folder"
  exit 1
fi
