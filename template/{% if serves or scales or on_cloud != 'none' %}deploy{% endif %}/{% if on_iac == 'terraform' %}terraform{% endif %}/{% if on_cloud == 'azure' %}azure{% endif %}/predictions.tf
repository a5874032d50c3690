# Who may do what with the prediction log: the service of the cluster adds files to it, the monitor reads them.
locals {
  predictions = "abfss://predictions@${azurerm_storage_account.this.name}.dfs.core.windows.net/log"
}

resource "azurerm_user_assigned_identity" "service" {
  count = var.cluster_enabled ? 1 : 0

  name                = "${local.name}-service"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.region
  tags                = local.tags
}

resource "azurerm_federated_identity_credential" "service" {
  count = var.cluster_enabled ? 1 : 0

  name                = "service"
  resource_group_name = azurerm_resource_group.this.name
  parent_id           = azurerm_user_assigned_identity.service[0].id
  issuer              = azurerm_kubernetes_cluster.this[0].oidc_issuer_url
  audience            = ["api://AzureADTokenExchange"]
  subject             = "system:serviceaccount:${local.namespace}:service"
}

# Azure's own roles that may write may also read, replace and delete.
resource "azurerm_role_definition" "add" {
  count = var.cluster_enabled ? 1 : 0

  name  = "${local.name}-add-blobs"
  scope = azurerm_resource_group.this.id

  permissions {
    data_actions = ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action"]
  }
}

resource "azurerm_role_assignment" "service" {
  count = var.cluster_enabled ? 1 : 0

  scope              = azurerm_storage_container.this["predictions"].id
  role_definition_id = azurerm_role_definition.add[0].role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.service[0].principal_id
}

resource "azurerm_role_assignment" "monitor" {
  scope                = azurerm_storage_container.this["predictions"].id
  role_definition_name = "Storage Blob Data Reader"
  principal_id         = azurerm_user_assigned_identity.workflow["ci"].principal_id
}
