"""Replaces the template's `docs/intended-use.md`, which is about its sample, by questions about other data."""

import re

from ..core.atomic import write
from ..core.paths import INTENDED_USE

SAMPLE = """### Intended use

Ranks customers by their risk of leaving within the next month, so that (the team) can offer help to those most at risk.

### Limitations

- Learned from one year of one country's customers; it knows nothing of others.
- Not meant for decisions with legal or similarly significant effects on a person.
- Probabilities are not promises: look at the calibration plot before using them as such.

"""
# `card --check` refuses a line that begins with TODO.
STUB = """### Intended use

TODO: say what the model predicts, for whom, and what is done with its predictions.

### Limitations

TODO: say where the data are from, what the model knows nothing of, and which decisions it is not meant for.

"""


def reset() -> str:
    """Writes the questions, unless somebody has written a text; returns the result as a sentence."""
    text = INTENDED_USE.read_text(encoding="utf-8") if INTENDED_USE.exists() else ""
    if text.startswith(STUB):
        return f"{INTENDED_USE} has its TODOs still: answer them, `make card-check` refuses them"
    sample = re.match(re.escape(SAMPLE).replace(re.escape("(the team)"), "(.+)"), text)
    contact = text[sample.end() :] if sample else ""
    # The team is named twice: a sentence about another one was edited.
    if text and not (sample and contact.startswith("### Contact") and sample[1] in contact):
        return f"{INTENDED_USE} is kept as you wrote it: adapt it to the new data"
    write(INTENDED_USE, STUB + contact)
    return f"{INTENDED_USE} was about the sample: answer its TODOs, `make card-check` refuses them"
