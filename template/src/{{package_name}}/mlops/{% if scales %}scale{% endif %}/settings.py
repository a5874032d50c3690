"""Section `scale` of `params.yaml`."""

from pydantic import BaseModel, Field

from ..core import params
from ..core.gate_params import Section


class Scale(Section):
    """How the work is cut and who does it."""

    workers: int | None = Field(None, ge=1)
    piece_rows: int = Field(500_000, ge=1)
    memory_gb: float = Field(8, gt=0)


class Settings(BaseModel):
    """The section, where it stands in the file."""

    scale: Scale = Scale()


def load() -> Scale:
    """Returns the section.

    Raises:
        Refusal: As `params.read`.
    """
    return params.read(Settings).scale
