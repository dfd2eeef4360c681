#!/usr/bin/env bash
# Review the rules in the working directory: check, test, coverage, and diff against the base branch. Annotations go to
# standard output, where GitHub reads them; the report goes to $REPORT and into the step summary. Exit code 1 where
# something is wrong, after all parts were looked at; a change of advice alone is not wrong.
set -uo pipefail

rules="${RULES:-rules}"
cases="${CASES:-tests/cases}"
profiles="${PROFILES:-profiles}"
base="${BASE:-}"
report="${REPORT:-regimen-advisor.md}"
sarif="${SARIF:-}"
worst=0

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
: >"$report"

# part TITLE VERB [ARGUMENTS]: print annotations, and add a part to the report.
part() {
  local title="$1" code
  shift
  regimen-advisor "$@" --rules "$rules" --format markdown >"$scratch/part" 2>"$scratch/complaints"
  code=$?
  if [ "$code" -le 1 ]; then
    regimen-advisor "$@" --rules "$rules" --format github
    cat "$scratch/part" >>"$report"
  else
    annotate <"$scratch/complaints"
    { printf '### ❌ %s\n\n```text\n' "$title"; cat "$scratch/complaints"; printf '```\n'; } >>"$report"
  fi
  printf '\n' >>"$report"
  [ "$code" -gt "$worst" ] && worst="$code"
  return "$code"
}

# Problems of input files, `file:line:column: what`, as annotations.
annotate() {
  sed -E -e 's/%/%25/g' \
    -e 's/^([^:]+):([0-9]+):([0-9]+): (.*)$/::error file=\1,line=\2,col=\3,title=cannot be read::\4/; t' \
    -e 's/^([^:]+): (.*)$/::error file=\1,title=cannot be read::\2/'
}

# The base branch as a revision that is here; it is fetched where the checkout holds the last commit only.
base_revision() {
  local name
  for name in "origin/$base" "$base"; do
    if git rev-parse --quiet --verify --end-of-options "$name^{commit}" >"$scratch/commit"; then
      echo "$name"
      return
    fi
  done
  git fetch --quiet --no-tags --depth=1 origin "+refs/heads/$base:refs/remotes/origin/$base" && echo "origin/$base"
}

part Check check
if [ $? -le 1 ]; then # else the rules cannot be read, and every part would say so again
  if [ -e "$cases" ]; then
    part Cases test "$cases" --profiles "$profiles"
    [ $? -le 1 ] && part Coverage coverage "$cases" --profiles "$profiles" --fail-under "${FAIL_UNDER:-0}"
  else
    printf 'There are no cases: `%s` does not exist.\n\n' "$cases" >>"$report"
  fi
  if [ -n "$base" ]; then
    if revision="$(base_revision)"; then
      share=()
      [ -d "$profiles" ] && share=(--profiles "$profiles")
      part Rules diff "$revision" ${share[@]+"${share[@]}"}
    else
      echo "::error title=base branch::$base is no branch of origin"
      printf '### ❌ Rules\n\nThere is no branch `%s` to compare with.\n\n' "$base" >>"$report"
      worst=2
    fi
  fi
  if [ -n "$sarif" ]; then
    mkdir -p "$sarif"
    regimen-advisor check --rules "$rules" --format sarif --output "$sarif/check.sarif"
    [ -e "$cases" ] &&
      regimen-advisor test "$cases" --rules "$rules" --profiles "$profiles" --format sarif --output "$sarif/test.sarif"
  fi
fi

[ -n "${GITHUB_STEP_SUMMARY:-}" ] && cat "$report" >>"$GITHUB_STEP_SUMMARY"
[ "$worst" -eq 0 ]
