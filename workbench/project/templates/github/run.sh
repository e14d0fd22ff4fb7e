#!/usr/bin/env bash
# One validation in CI: run it, gather what is published, say what has changed. It ends as the validation ended:
# 1 findings, 2 bad input, 3 nothing could be tested.
set -u
mkdir -p history reports public && cp -R history/. reports/
while IFS='=' read -r name value; do
  case "$name" in WORKBENCH_*) echo "::add-mask::$value"; export "$name=$value" ;; esac
done <<< "${CREDENTIALS:-}"
unset CREDENTIALS
options=(--environment "${PARTNER_ENVIRONMENT:-sandbox}" --run "$RUN" --against previous)
if [ "${WRITES:-false}" = true ]; then options+=(--allow-writes); fi
read -r -a partners <<< "${PARTNERS:-}"
if [ "${#partners[@]}" -eq 0 ]; then partners=(--all); fi
code=0
workbench validate "${options[@]}" "${partners[@]}" || code=$?
workbench portal --quiet || true
changed=false
: > changed.md
shopt -s nullglob
for log in reports/*/"$RUN"/evidence.jsonl; do
  folder=$(dirname "$log"); slug=$(basename "$(dirname "$folder")")
  if [ -f "$folder/manifest.json" ]; then
    # Published is what others may read; evidence, traffic and notebooks are not among it.
    find "$folder" -maxdepth 1 -type f -perm -004 -exec cp --parents -t public {} +
    mkdir -p "history/${folder#reports/}"
    cp "$folder"/{evidence.jsonl,manifest.json} "history/${folder#reports/}/"
    # What was signed, so that a later night can say what does not hold any more.
    for signed in "$folder"/{session,signed-before}.jsonl; do
      if [ -f "$signed" ]; then cp "$signed" "history/${folder#reports/}/"; fi
    done
  fi
  status=reports/$slug/status
  if [ -d "$status" ]; then cp -R --parents "$status" public; fi
  if [ -f "$status/changes.json" ] && ! grep -q '"quiet": true' "$status/changes.json"; then
    changed=true
    cat "$status/changes.md" >> changed.md
    # Whoever wants to hear of it at once: the change as JSON. A proposal that is not merged changes nothing yet.
    if [ -n "${CHANGES_URL:-}" ] && [ -z "${CI_MERGE_REQUEST_IID:-}" ]; then
      curl --silent --show-error --fail --max-time 30 --header 'Content-Type: application/json' \
        --data-binary "@$status/changes.json" -- "$CHANGES_URL" || echo "The change could not be told."
    fi
  fi
done
if [ -d reports/portal ]; then cp -R --parents reports/portal public; fi
cat /dev/null public/reports/*/"$RUN"/summary.md > summary.md
echo "changed=$changed" >> "${GITHUB_OUTPUT:-/dev/null}"
cat summary.md >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
exit "$code"
