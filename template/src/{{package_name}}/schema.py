"""The contract: what a row of the data is. Yours to edit; `infer` writes one for a file of your own.

Everything else follows from it: validation, features, model card, tests. The types and limits of a field are what the
data must satisfy, its roles say what the column is for. Names in the data that are no Python names stand in `alias`.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from .roles import EventTime, Id, Missing, Sensitive, Target

# Columns of the source that are not read, and why.
LEFT_OUT: dict[str, str] = {}


class Row(BaseModel):
    """One customer on the day of the snapshot; `mlops/data/synthetic.py` makes such rows."""

    customer_id: Annotated[str, Id()]
    snapshot_at: Annotated[datetime, EventTime()]
    gender: Annotated[Literal["female", "male", "other"], Sensitive(feature=False)]
    age: Annotated[int, Field(ge=18, le=100)]
    region: Literal["north", "east", "south", "west"]
    plan: Literal["basic", "plus", "pro"]
    contract: Literal["monthly", "one year", "two years"]
    tenure_months: Annotated[int, Field(ge=0, le=120)]
    monthly_charge: Annotated[float, Field(ge=0, le=500)]
    data_usage_gb: Annotated[float | None, Field(ge=0, le=2000), Missing(0.1)]
    support_calls: Annotated[int, Field(ge=0, le=60)]
    satisfaction: Annotated[float | None, Field(ge=1, le=5), Missing(0.35)]
    paperless: bool
    churned: Annotated[bool, Target()]
