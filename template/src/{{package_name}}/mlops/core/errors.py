"""How the program refuses: one class a kind, each with its exit code."""

import os
from collections.abc import Mapping
from types import MappingProxyType

from . import untrusted_text, usage
from .atomic import write
from .paths import VERDICT


class Refusal(Exception):  # noqa: N818 - a gate that closes is not an error of the program
    """Something failed. The message is one sentence: what, where, what to do.

    Attributes:
        code: With which the process ends.
        gates: Which gates are closed, with the reason as a code: `limit`, or `not_measured`.
        logged: The sentence for logs that are committed and can't be changed: without a value of the data.
    """

    code = 1

    def __init__(self, sentence: str = "", gates: Mapping[str, str] = MappingProxyType({}), logged: str = "") -> None:
        """Keeps the sentence, its addresses without user, password and query; `logged` if it quotes the data."""
        super().__init__(untrusted_text.without_credentials(sentence))
        self.gates = dict(gates)
        self.logged = untrusted_text.without_credentials(logged) or str(self)


class UsageError(Refusal):
    """Parameters, arguments, settings or a file that a person gives are wrong."""

    code = 2


class GateRefused(Refusal):
    """A gate is closed: it measured too much or too little, or could not measure."""

    code = 3


def write_verdict(code: int, sentence: str, gates: Mapping[str, str], logged: str = "") -> None:
    """Writes how a stage ended that DVC runs, because DVC has one exit code for every failure."""
    stage = os.environ.get(usage.STAGE)
    if stage:
        told = {"stage": stage, "code": code, "gates": gates, "sentence": sentence, "logged": logged or sentence}
        write(VERDICT, untrusted_text.as_json(told, indent=2) + "\n")
