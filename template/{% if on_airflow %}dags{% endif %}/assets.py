"""What the DAGs tell each other."""

from airflow.sdk import Asset

# The monitor found drift, or lost performance: retraining starts.
WORN = Asset("model-worn")
