"""Your own expectations, beside those that follow from the contract. Yours to edit.

Any expectation of Great Expectations goes, for instance one over two columns, after
`from great_expectations import expectations as gxe`:

    gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="total_charge", column_B="monthly_charge", or_equal=True)
"""

from great_expectations.expectations.expectation import Expectation


def expectations() -> list[Expectation]:
    """Returns what the data must satisfy beyond the contract; a failure halts the pipeline like any other."""
    return []
