"""Says what an update does or did, for people and for machines."""

import json
from typing import Any

from planning import Plan

NOTHING_TO_DO, NEEDS_A_PERSON = 2, 3


def code(plan: Plan | None) -> int:
    """Returns the exit code: 0 updated, 2 nothing to do, 3 needs a person."""
    if plan is None:
        return NOTHING_TO_DO
    return NEEDS_A_PERSON if plan.merge.person or plan.drifted or plan.findings else 0


def as_tree(plan: Plan) -> dict[str, Any]:
    """Returns all that can be said, as JSON has it."""
    merge = plan.merge
    return {
        "template": plan.old.source,
        "from": plan.old.version,
        "to": plan.version,
        "exit": code(plan),
        "files": {
            path: {"verdict": verdict, "reason": merge.said(path), "person": path in merge.person}
            for path, verdict in merge.verdicts().items()
        },
        "warnings": plan.warnings,
        "checks": plan.findings,
        "kept": sorted(plan.kept.reasons),
        "offers": plan.kept.offers,
        "answers_edited": _changes(plan.edited),
        "answers_changed": _changes(plan.drifted),
        "answers_restored": plan.restored,
        "new_questions": plan.asked,
        "dropped_questions": plan.dropped,
    }


def _changes(found: dict[str, tuple[Any, Any]]) -> dict[str, dict[str, Any]]:
    return {key: {"from": old, "to": new} for key, (old, new) in found.items()}


def as_text(plan: Plan, *, dry: bool) -> str:
    """Returns it as lines to read."""
    said = as_tree(plan)
    head = f"template {said['from']} -> {said['to']}{' (dry run, nothing is written)' if dry else ''}"
    lines = [head, *(f"  warning   {text}" for text in said["warnings"])]
    lines += [_line(path, fact) for path, fact in said["files"].items()]
    lines += [f"  check     {path}: {sentence}" for path, sentence in said["checks"].items()]
    lines += _answers(said)
    waiting = len(plan.merge.person | plan.findings.keys())
    if waiting:
        lines.append(f"{waiting} file{'s need' if waiting > 1 else ' needs'} a person: see the reasons above")
    for path, patch in said["offers"].items():
        lines += [f"offered for {path}, not applied:", *(f"    {line}" for line in patch.splitlines())]
    if not dry:
        lines.append("look at it with `git diff HEAD`, then commit; `git reset --hard` undoes it")
    return "\n".join(lines)


def _answers(said: dict[str, Any]) -> list[str]:
    lines = []
    for key, change in said["answers_edited"].items():
        lines.append(
            f"  answer    {key} was edited, from {_short(change['from'])} to {_short(change['to'])}: carried out"
        )
    for key, change in said["answers_changed"].items():
        lines.append(f"  answer    {key} changed by itself, from {_short(change['from'])} to {_short(change['to'])}")
    for key, answer in said["answers_restored"].items():
        lines.append(f"  answer    {key} is asked again and has its former answer, {_short(answer)}")
    for key, answer in said["new_questions"].items():
        lines.append(f"  question  {key} is new and has its default, {_short(answer)}; --data {key}=... changes it")
    return lines + [f"  question  {key} is no longer asked" for key in said["dropped_questions"]]


def _line(path: str, fact: dict[str, Any]) -> str:
    return f"  {fact['verdict']:9} {path}{': ' if fact['reason'] else ''}{fact['reason']}"


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
