"""The answers of a project through its history: which its files were rendered with, and which it gave before.

People edit the answers file by hand. The base of an update must be rendered with the answers that the files came from;
what was edited is a change, as if it had been given with `--data`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from content import objects
from project import Project
from record import ANSWERS, Recorded, parsed
from repository import ask

LONGEST = 100  # commits of the answers file that are looked at
MOST = 4  # states that are rendered to see which one the files came from


@dataclass(frozen=True)
class State:
    """The answers file at one commit: its text, and what it says."""

    text: str
    says: Recorded


def history(project: Project) -> list[State]:
    """Returns the states of the answers file in the history of HEAD, newest first, without those that can't be read."""
    command = ("log", "--format=%H", f"--max-count={LONGEST}", "--", f":(top){project.prefix}{ANSWERS}")
    commits = ask(*command, at=project.top).split()
    texts = objects.read([f"{commit}:{project.prefix}{ANSWERS}" for commit in ("HEAD", *commits)], project.top)
    states = []
    for text in texts.values() or [read(project.folder).encode()]:
        try:
            states.append(State(text.decode(), parsed(text.decode())))
        except ValueError:
            continue
    return states


def candidates(states: list[State]) -> list[State]:
    """Returns the different answers since the version was recorded, oldest first: the files came from one of them."""
    found: list[State] = []
    for state in states:
        if (state.says.version, state.says.commit) != (states[0].says.version, states[0].says.commit):
            break
        if all(state.says.answers != other.says.answers for other in found):
            found.append(state)
    return found[:MOST][::-1]


def origin(states: list[State], fits: Callable[[State], tuple[int, Any]]) -> State:
    """Returns the state that the project's files came from.

    The guard marks the answers that it rendered. Without a mark, as after a `copier copy`, the files tell.

    Args:
        states: The history, newest first.
        fits: Says how well a rendering with a state's answers fits the files, and what it renders; called only where
            there is a choice.
    """
    if states[0].says.marked is not None:
        return next((state for state in states if state.says.marked), states[0])
    found = candidates(states)
    if len(found) == 1:
        return found[0]
    tried = [(state, *fits(state)) for state in found]
    best = max(tried, key=lambda each: each[1])  # where two fit alike, the older: no edit is missed
    return next(state for state, _, made in reversed(tried) if made == best[2])


def edited(origin: State, now: Recorded) -> dict[str, tuple[Any, Any]]:
    """Returns what was edited by hand: the answer of before and that of now, by question."""
    before = origin.says.answers
    return {key: (before.get(key), value) for key, value in now.answers.items() if before.get(key) != value}


def former(states: list[State], *known: dict[str, Any]) -> dict[str, Any]:
    """Returns answers to questions that are not asked at the moment, as they were given last.

    Args:
        states: The history, newest first.
        known: Answers to leave out.
    """
    found: dict[str, Any] = {}
    for state in states:
        found = {**state.says.answers, **found}
    return {key: value for key, value in found.items() if not any(key in answers for answers in known)}


def remembering(text: str, further: dict[str, Any]) -> str:
    """Returns the text of an answers file with further answers: Copier takes those that it asks for."""
    return text.rstrip("\n") + "\n" + yaml.safe_dump(further, allow_unicode=True) if further else text


def read(folder: Path) -> str:
    """Returns the text of a project's answers file."""
    return (folder / ANSWERS).read_text(encoding="utf-8")
