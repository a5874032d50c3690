# What the project must know: `make connect` reads dvc_remote, settings and predictions, people the rest.
output "dvc_remote" {
  description = "DVC's remote: its address, and the options that `dvc remote modify` sets. The account encrypts by itself."
  value = {
    url     = "azure://${azurerm_storage_container.this["dvc"].name}/dvc"
    options = { account_name = azurerm_storage_account.this.name }
  }
}

output "settings" {
  description = "Settings of the environment, for .env."
  value = merge(
    { AZURE_TENANT_ID = data.azurerm_client_config.this.tenant_id, AZURE_STORAGE_ANON = "false", MONITOR_PREDICTIONS = local.predictions },
    var.mlflow_enabled ? { MLFLOW_TRACKING_URI = "https://${azurerm_container_app.mlflow[0].ingress[0].fqdn}" } : {},
  )
}

output "predictions" {
  description = "The bucket of the prediction log, and by what the cluster knows the service's account: `make connect` writes both into deploy/k8s."
  value = {
    environment = var.environment
    url         = local.predictions
    annotations = { for identity in azurerm_user_assigned_identity.service : "azure.workload.identity/client-id" => identity.client_id }
    labels      = { for identity in azurerm_user_assigned_identity.service : "azure.workload.identity/use" => "true" }
  }
}

output "mlflow_artifacts" {
  description = "Where MLflow's server keeps artifacts: --artifacts-destination."
  value       = "wasbs://mlflow@${azurerm_storage_account.this.primary_blob_host}/artifacts"
}

output "registries" {
  description = "Addresses of the images, by what they hold."
  value       = { for image in ["service", "mlflow"] : image => "${azurerm_container_registry.this.login_server}/${image}" }
}

output "workflow_roles" {
  description = "Client ids of GitHub's workflows, by purpose: `client-id` of azure/login."
  value       = { for purpose, identity in azurerm_user_assigned_identity.workflow : purpose => identity.client_id }
}

output "cluster" {
  description = "Name of the cluster, for `az aks get-credentials`."
  value       = one(azurerm_kubernetes_cluster.this[*].name)
}

output "endpoint" {
  description = "Address of the serverless endpoint."
  value       = try("https://${azurerm_container_app.endpoint[0].ingress[0].fqdn}", null)
}
