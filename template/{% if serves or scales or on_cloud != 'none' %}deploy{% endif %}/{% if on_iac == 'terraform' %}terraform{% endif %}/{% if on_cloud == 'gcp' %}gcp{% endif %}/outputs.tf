# What the project must know: `make connect` reads dvc_remote, settings and predictions, people the rest.
output "dvc_remote" {
  description = "DVC's remote: its address, and the options that `dvc remote modify` sets. The bucket encrypts by itself."
  value = {
    url     = "gs://${google_storage_bucket.this["dvc"].name}/dvc"
    options = { projectname = var.gcp_project }
  }
}

output "settings" {
  description = "Settings of the environment, for .env."
  value = merge(
    { GOOGLE_CLOUD_PROJECT = var.gcp_project, MONITOR_PREDICTIONS = "gs://${google_storage_bucket.this["predictions"].name}/log" },
    var.mlflow_enabled ? { MLFLOW_TRACKING_URI = google_cloud_run_v2_service.mlflow[0].uri } : {},
  )
}

output "predictions" {
  description = "The bucket of the prediction log, and by what the cluster knows the service's account: `make connect` writes both into deploy/k8s."
  value = {
    environment = var.environment
    url         = "gs://${google_storage_bucket.this["predictions"].name}/log"
    annotations = {}
    labels      = {}
  }
}

output "mlflow_artifacts" {
  description = "Where MLflow's server keeps artifacts: --artifacts-destination."
  value       = "gs://${google_storage_bucket.this["mlflow"].name}/artifacts"
}

output "registries" {
  description = "Addresses of the images, by what they hold."
  value       = { for image in ["service", "mlflow"] : image => "${var.region}-docker.pkg.dev/${var.gcp_project}/${google_artifact_registry_repository.this.repository_id}/${image}" }
}

output "workflow_roles" {
  description = "Service accounts of GitHub's workflows, by purpose."
  value       = { for purpose, account in google_service_account.workflow : purpose => account.email }
}

output "workflow_identity_provider" {
  description = "workload_identity_provider of google-github-actions/auth."
  value       = google_iam_workload_identity_pool_provider.github.name
}

output "cluster" {
  description = "Name of the cluster, for `gcloud container clusters get-credentials`."
  value       = one(google_container_cluster.this[*].name)
}

output "endpoint" {
  description = "Address of the serverless endpoint."
  value       = one(google_cloud_run_v2_service.endpoint[*].uri)
}
