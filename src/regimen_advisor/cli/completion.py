"""Complete ids of the rulebook at the tab key."""

from __future__ import annotations

from collections.abc import Iterable

import typer

from regimen_advisor.files.errors import RegimenAdvisorError
from regimen_advisor.knowledge.rulebook import load_rulebook

_KINDS = {"study": "studies", "regimen": "regimens", "drug": "drugs", "rule": "rules", "finding": "findings"}


def entries(ctx: typer.Context, incomplete: str) -> list[str]:
    """Ids of the kind that ``show`` was asked for."""
    return _ids(_KINDS.get(str(getattr(ctx.params.get("kind"), "value", ctx.params.get("kind"))), ""), ctx, incomplete)


def settings(ctx: typer.Context, incomplete: str) -> list[str]:
    """Ids of clinical settings; their file names where no id begins with what was typed."""
    ids = _ids("settings", ctx, "")
    names = dict.fromkeys(id.split("/")[-1] for id in ids)
    return [id for id in ids if id.startswith(incomplete)] or [name for name in names if name.startswith(incomplete)]


def regimens(ctx: typer.Context, incomplete: str) -> list[str]:
    """Ids of regimens."""
    return _ids("regimens", ctx, incomplete)


def rules(ctx: typer.Context, incomplete: str) -> list[str]:
    """Ids of rules."""
    return _ids("rules", ctx, incomplete)


def drugs(ctx: typer.Context, incomplete: str) -> list[str]:
    """Ids of drugs and classes."""
    return _ids("drugs", ctx, incomplete)


def studies(ctx: typer.Context, incomplete: str) -> list[str]:
    """Ids of studies."""
    return _ids("studies", ctx, incomplete)


def _ids(kind: str, ctx: typer.Context, incomplete: str) -> list[str]:
    """Nothing where the rules cannot be read: a shell that completes has no place for an error."""
    try:
        book = load_rulebook(ctx.params.get("rules") or None)
    except (RegimenAdvisorError, OSError):
        return []
    known: dict[str, Iterable[str]] = {
        "studies": book.studies, "regimens": book.regimens, "rules": book.rules, "findings": book.findings,
        "drugs": [*book.formulary.drugs, *book.formulary.classes], "settings": book.settings,
    }  # fmt: skip
    return [id for id in known.get(kind, ()) if id.startswith(incomplete)]
