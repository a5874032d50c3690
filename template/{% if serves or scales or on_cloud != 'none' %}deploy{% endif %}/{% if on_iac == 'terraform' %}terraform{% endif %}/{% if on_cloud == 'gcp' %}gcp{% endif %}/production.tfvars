# Production: what holds data can't be destroyed before `protected` is false and applied.
environment        = "production"
gcp_project        = "change-me-production"
region             = "europe-west3"
protected          = true
monthly_budget_usd = 500
billing_account    = null

# What costs by the hour. Begin with buckets, registry and roles alone.
mlflow_enabled   = false
cluster_enabled  = false
endpoint_enabled = false
