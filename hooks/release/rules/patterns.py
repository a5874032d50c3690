"""Rules about the settings that Copier reads too early: an expression there makes `copier update` crash in projects."""

from collections.abc import Iterator

from release.finding import Finding
from release.template import Template

COPIERS = frozenset({"_copier_operation", "_copier_conf", "_copier_answers", "_copier_phase", "_folder_name"})


def early(new: Template) -> Iterator[Finding]:
    """Refuses an expression where Copier has no answers yet: before an update it knows none."""
    lines = {"_skip_if_exists": new.settings.get("skip_if_exists", [])}
    lines["_message_before_update"] = [new.settings.get("message_before_update", "")]
    for setting, texts in lines.items():
        for text in texts:
            if names := sorted(_names(new, text)):
                yield Finding(
                    f"copier.yml {setting}",
                    f"names {', '.join(names)}, so `copier update` crashes where a file was deleted or moved",
                    "write it without an expression; in a path, `*` matches one name: src/*/schema.py",
                )


def unknown(last: Template, new: Template) -> Iterator[Finding]:
    """Refuses a pattern in `_exclude` that names a new question: an update renders the old version with it, too."""
    for line in new.settings.get("exclude", []):
        if names := sorted(_names(new, line) - last.questions.keys()):
            yield Finding(
                "copier.yml _exclude",
                f"names {', '.join(names)}, which the last release does not have, so `copier update` crashes",
                "write it without an expression; `*` matches one name: src/*/old.py",
            )


def _names(template: Template, text: str) -> set[str]:
    return set(template.dialect.needed(text) - COPIERS - template.dialect.environment.globals.keys())
