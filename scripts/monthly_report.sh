#!/usr/bin/env bash
# The monthly report without a CI service: live data, with the shipped data as a fall-back, compared with what was accepted.
# In $OUT (bld/monthly): report/ as `eaeu report` writes it, report.txt, report.log, claims.xml (JUnit), changed.md (a
# comment in Markdown), changes.json (a JSON Feed that every run adds to). Ends with the code of `eaeu report`: 0 nothing
# moved, 4 some data came from the fall-back or not at all, 5 a conclusion drifted (with or without 4, report.log names
# both), 2 or 3 no report was made and the one of last time stays. $EAEU may be that of an installed wheel.
set -uo pipefail

OUT=${OUT:-bld/monthly}
BASELINE=${BASELINE:-shipped}
EAEU=${EAEU:-eaeu}
JOBS=${JOBS:-2}
# The date on the page. Name another to make the same bytes again.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(($(date -u +%s) / 86400 * 86400))}

mkdir -p "$OUT"
"$EAEU" report --out "$OUT/report" --source live --fallback pinned --strict --check "$BASELINE" --jobs "$JOBS" \
  --summary "$OUT/changed.md" --junit "$OUT/claims.xml" --feed "$OUT/changes.json" >"$OUT/report.txt" 2>"$OUT/report.log"
code=$?
cat "$OUT/changed.md"
exit "$code"
