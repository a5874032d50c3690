"""What releases moved, and how the files of a project follow: renamed and rewritten before git merges."""

from . import blobs
from .carried import Carried
from .carrying import carry
from .holding import NONE, Listed
from .lists import listed
from .telling import tell

__all__ = ["NONE", "Carried", "Listed", "blobs", "carry", "listed", "tell"]
