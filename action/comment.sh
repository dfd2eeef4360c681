#!/usr/bin/env bash
# Keep one comment in the pull request: written once, changed with every push. It is found again by its first line.
set -uo pipefail

mark='<!-- regimen-advisor: review of the rules -->'
most=60000 # bytes; GitHub takes 65,536 characters in a comment

[ -s "$REPORT" ] || exit 0
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

# Whole lines only; a fold that was cut is closed, so that what follows it can be read.
{
  printf '%s\n' "$mark"
  LC_ALL=C awk -v most="$most" -v run="$RUN" '
    (length_so_far += length($0) + 1) > most { cut = 1; exit }
    /^<details>/ { open++ }
    /^<\/details>/ { open-- }
    /^```/ { fenced = !fenced }
    { print }
    END {
      if (cut && fenced) print "```"
      while (cut && open-- > 0) print "\n</details>"
      if (cut) printf "\nThe rest is in [the summary of the run](%s).\n", run
    }' "$REPORT"
} >"$scratch/body"

comments="repos/$REPOSITORY/issues/$PULL_REQUEST/comments"
id="$(gh api --paginate "$comments" --jq ".[] | select(.body | startswith(\"$mark\")) | .id" | head -n 1)"
if [ -n "$id" ]; then
  done_by=(--method PATCH "repos/$REPOSITORY/issues/comments/$id")
else
  done_by=(--method POST "$comments")
fi
if ! gh api "${done_by[@]}" --field "body=@$scratch/body" --silent; then
  # A pull request from a fork may not write; the summary holds the same.
  echo "::warning title=comment::the comment could not be written; the summary of the run holds the same"
fi
