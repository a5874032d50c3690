# Staging: small, and may be thrown away with all that is in it.
environment        = "staging"
gcp_project        = "change-me-staging"
region             = "europe-west3"
protected          = false
monthly_budget_usd = 100
billing_account    = null

# What costs by the hour. Begin with buckets, registry and roles alone.
mlflow_enabled   = false
cluster_enabled  = false
endpoint_enabled = false
