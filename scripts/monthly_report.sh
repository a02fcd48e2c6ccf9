#!/usr/bin/env bash
# The monthly report without a CI service: live data, with the shipped data as a fall-back, compared with what was accepted.
# In $OUT (bld/monthly): report/ as `eaeu report` writes it, report.txt, report.log, claims.xml (JUnit), changed.md (a
# comment in Markdown). Ends with the code of `eaeu report`: 0 nothing moved, 4 some data came from the fall-back or not at all,
# 5 a conclusion drifted (with or without 4, report.log names both), 2 or 3 no report was made and the one of last time stays.
set -uo pipefail
cd "$(dirname "$0")/.."

OUT=${OUT:-bld/monthly}
BASELINE=${BASELINE:-data/baseline.json}
EAEU=${EAEU:-.venv/bin/eaeu}
JOBS=${JOBS:-2}
# The date on the page. Name another to make the same bytes again.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(($(date -u +%s) / 86400 * 86400))}

mkdir -p "$OUT"
rm -f "$OUT/summary.md"
"$EAEU" report --out "$OUT/report" --source live --fallback pinned --strict --check "$BASELINE" --jobs "$JOBS" \
  --summary "$OUT/summary.md" --junit "$OUT/claims.xml" >"$OUT/report.txt" 2>"$OUT/report.log"
code=$?

case $code in
  0) outcome="No conclusion moved." ;;
  4) outcome="The report is written; some data came from the fall-back or could not be had." ;;
  5) outcome="A conclusion drifted from what was accepted." ;;
  *) outcome="No report was made (code $code)." ;;
esac
{
  echo "**$outcome**"
  echo
  if [ -f "$OUT/summary.md" ]; then cat "$OUT/summary.md"; fi
  if [ "$code" != 0 ]; then
    echo
    echo '```'
    grep '^eaeu: ' "$OUT/report.log" | tail -n 3
    echo '```'
  fi
} >"$OUT/changed.md"
cat "$OUT/changed.md"
exit "$code"
