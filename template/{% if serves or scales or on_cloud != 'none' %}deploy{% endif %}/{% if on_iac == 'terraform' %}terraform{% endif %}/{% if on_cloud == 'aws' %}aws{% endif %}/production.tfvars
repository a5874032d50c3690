# Production: what holds data can't be destroyed before `protected` is false and applied.
environment        = "production"
region             = "eu-central-1"
protected          = true
state_bucket       = "change-me-terraform-state"
monthly_budget_usd = 500
budget_emails      = []

# What costs by the hour, see README.md. Begin with buckets, registry and roles alone.
mlflow_enabled   = false
cluster_enabled  = false
endpoint_enabled = false
