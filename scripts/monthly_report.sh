#!/usr/bin/env bash
# The monthly report without a CI service: live data with the shipped ones behind them, compared with what was accepted.
# In $OUT (bld/monthly): report/ as `eaeu report` writes it, report.txt and report.log, changed.md (a comment in
# Markdown). Ends with the code of `eaeu report`: 0 nothing moved, 4 some data came from the fall-back or not at all,
# 5 a conclusion drifted (with or without 4, report.log names both), 2 or 3 no report was made and the one of last time stays.
set -uo pipefail
cd "$(dirname "$0")/.."

OUT=${OUT:-bld/monthly}
BASELINE=${BASELINE:-data/baseline.json}
EAEU=${EAEU:-.venv/bin/eaeu}
JOBS=${JOBS:-2}
# The day that stands on the page. Name another to make the same bytes again.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(($(date -u +%s) / 86400 * 86400))}

mkdir -p "$OUT"
"$EAEU" report --out "$OUT/report" --source live --fallback pinned --strict --check "$BASELINE" --jobs "$JOBS" \
  >"$OUT/report.txt" 2>"$OUT/report.log"
code=$?

case $code in
  0) said="No conclusion moved." ;;
  4) said="The report is written; some data came from the fall-back or could not be had." ;;
  5) said="A conclusion drifted from what was accepted." ;;
  *) said="No report was made (code $code)." ;;
esac
{
  echo "**$said**"
  echo
  if [ "$code" = 0 ] || [ "$code" = 4 ] || [ "$code" = 5 ]; then
    # the section of the report on what changed, up to the next heading of its level
    awk '/^## /{on = ($0 == "## What changed since last time")} on' "$OUT/report/report.md"
  fi
  if [ "$code" != 0 ]; then
    echo '```'
    grep '^eaeu: ' "$OUT/report.log" | tail -n 3
    echo '```'
  fi
} >"$OUT/changed.md"
cat "$OUT/changed.md"
exit "$code"
