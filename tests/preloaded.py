"""Preload what the server of ``running`` needs: verbs without threads, and the rules that ship."""

from regimen_advisor.cli.group import command
from regimen_advisor.knowledge.finding_packs import shipped_folder
from regimen_advisor.knowledge.rulebook import load_rulebook

for verb in ("advise", "explain", "map", "check", "page", "test", "diff", "cite"):
    command(verb)
load_rulebook(shipped_folder())
