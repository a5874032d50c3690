# Who did what: changes of Azure are always logged; this adds every use of data, keys and images.
resource "azurerm_log_analytics_workspace" "this" {
  name                = local.name
  resource_group_name = azurerm_resource_group.this.name
  location            = var.region
  sku                 = "PerGB2018"
  retention_in_days   = min(var.retention_days, 730)
  tags                = local.tags
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  for_each = {
    storage  = "${azurerm_storage_account.this.id}/blobServices/default"
    keys     = azurerm_key_vault.this.id
    registry = azurerm_container_registry.this.id
  }

  name                       = "audit"
  target_resource_id         = each.value
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id

  enabled_log {
    category_group = "audit"
  }
}
