# Production: what holds data can't be destroyed before `protected` is false and applied.
environment        = "production"
subscription_id    = "00000000-0000-0000-0000-000000000000" # change me
region             = "westeurope"
protected          = true
monthly_budget_usd = 500
budget_emails      = ["ml-team@example.com"]

# What costs by the hour. Begin with storage, registry and roles alone.
mlflow_enabled   = false
cluster_enabled  = false
endpoint_enabled = false
