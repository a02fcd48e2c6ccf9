#!/usr/bin/env bash
# The site that GitHub Pages serves, in $OUT (bld/pages): the report with a card for every finding, brief/en, brief/ru and
# brief/uz with the two-page brief in each format, and docs/ where $DOCS (bld/site) was built. $EAEU_SITE is its address,
# for the links in cards and for services that show a picture of a link.
set -euo pipefail

OUT=${OUT:-bld/pages}
DOCS=${DOCS:-bld/site}
EAEU=${EAEU:-eaeu}
WORK=${WORK:-bld/publish}

"$EAEU" report --out "$WORK/report" --format html,md,pdf,json,csv,cards
for lang in en ru uz; do
  "$EAEU" brief --lang "$lang" --out "$WORK/brief/$lang"
done
rm -rf "$OUT"
mkdir -p "$OUT"
cp -r "$WORK/report/." "$OUT/"
cp -r "$WORK/brief" "$OUT/brief"
if [ -d "$DOCS" ]; then cp -r "$DOCS" "$OUT/docs"; fi
