"""Makes the step as a team would: a project with edits goes through the guard and through plain Copier."""

from release.rehearsal.rehearse import rehearse

__all__ = ["rehearse"]
