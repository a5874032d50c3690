# Staging: small, and may be thrown away with all that is in it.
environment        = "staging"
region             = "eu-central-1"
protected          = false
state_bucket       = "change-me-terraform-state"
monthly_budget_usd = 100
budget_emails      = []

# What costs by the hour, see README.md. Begin with buckets, registry and roles alone.
mlflow_enabled   = false
cluster_enabled  = false
endpoint_enabled = false
