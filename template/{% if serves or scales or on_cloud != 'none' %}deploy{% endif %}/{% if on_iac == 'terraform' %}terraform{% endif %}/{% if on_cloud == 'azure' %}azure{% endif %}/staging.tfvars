# Staging: small, and may be thrown away with all that is in it.
environment        = "staging"
subscription_id    = "00000000-0000-0000-0000-000000000000" # change me
region             = "westeurope"
protected          = false
monthly_budget_usd = 100
budget_emails      = ["ml-team@example.com"]

# What costs by the hour. Begin with storage, registry and roles alone.
mlflow_enabled   = false
cluster_enabled  = false
endpoint_enabled = false
