"""What the DAGs tell each other."""

from airflow.sdk import Asset

# The monitor found drift, or lost performance: retraining starts. Its events say in `reason` what was found.
WORN = Asset("model-worn")
