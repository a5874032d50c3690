"""The questions of a template, and the answers that a user gives to them on the command line."""

import json
from typing import Any

import yaml
from repository import GuardError


def demand_known(changes: dict[str, str], questions: dict[str, dict[str, Any]], version: str) -> None:
    """Refuses answers to questions that the template doesn't ask.

    Raises:
        GuardError: There is one.
    """
    known = [key for key, spec in questions.items() if spec.get("when") is not False]
    unknown = sorted(changes.keys() - set(known))
    if unknown:
        message = f"version {version} of the template has no question {', '.join(unknown)}; it asks {', '.join(known)}"
        raise GuardError(message)


def demand_asked(changes: dict[str, Any], answers: dict[str, Any]) -> None:
    """Refuses answers to questions that the other answers leave unasked: they would change nothing.

    Raises:
        GuardError: There is one.
    """
    unasked = sorted(changes.keys() - answers.keys())
    if unasked:
        message = (
            f"with the other answers {', '.join(unasked)} is not asked, so it would change nothing: "
            "change the answer that it depends on too (its `when` in copier.yml)"
        )
        raise GuardError(message)


def typed(changes: dict[str, str], questions: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Returns answers as what their questions want: text as it was typed, anything else as YAML.

    Raises:
        GuardError: An answer is no YAML, and its question wants no text.
    """
    return {key: _value(key, text, questions[key]) for key, text in changes.items()}


def _value(key: str, text: str, spec: dict[str, Any]) -> Any:
    kind = spec.get("type", "str" if isinstance(spec.get("default"), str) else "yaml")
    if kind == "str" and not spec.get("multiselect"):
        return _unquoted(text)
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        message = f"the answer {key}={text[:80]} can't be read ({type(error).__name__}): correct it"
        raise GuardError(message) from None


def _unquoted(text: str) -> str:
    """Returns a text without the quotes of JSON, which programs put around it."""
    try:
        found = json.loads(text) if text.startswith('"') else text
    except ValueError:
        return text
    return found if isinstance(found, str) else text
