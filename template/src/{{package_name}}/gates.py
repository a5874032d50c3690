"""Your own gates of the model, in addition to those of `params.yaml`. Yours to edit.

A closed one refuses the model as any other does, for instance by the weakest slice:

    worst = evaluation["slices"][0]
    Gate("weakest slice", worst["roc_auc"] >= 0.7, f"roc_auc is {worst['roc_auc']} by {worst['column']}, allowed 0.7")
"""

from typing import Any

from .mlops.evaluation.gates import Gate


def gates(evaluation: dict[str, Any]) -> list[Gate]:
    """Returns the gates of a model; the sentence of each says what was measured and what is allowed.

    Args:
        evaluation: What was measured, as in `reports/evaluation.json`: metrics, baseline, fairness, slices, champion.
    """
    return []
