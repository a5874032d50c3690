"""The template's part: updates replace it, nobody edits it."""
