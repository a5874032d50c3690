# MLflow's database: private, TLS only, encrypted. Its password is written to it and never read, so no state file has it.
resource "azurerm_private_dns_zone" "database" {
  count = var.mlflow_enabled ? 1 : 0

  name                = "${local.short}.private.postgres.database.azure.com"
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "database" {
  count = var.mlflow_enabled ? 1 : 0

  name                  = "database"
  resource_group_name   = azurerm_resource_group.this.name
  private_dns_zone_name = azurerm_private_dns_zone.database[0].name
  virtual_network_id    = azurerm_virtual_network.this[0].id
}

resource "azurerm_postgresql_flexible_server" "mlflow" {
  #checkov:skip=CKV_AZURE_136:a copy of the backups in a second region is a decision of the organization
  #checkov:skip=CKV2_AZURE_57:it is in a subnet of its own, which is as private as an endpoint
  count = var.mlflow_enabled ? 1 : 0

  name                              = "${local.short}-mlflow"
  resource_group_name               = azurerm_resource_group.this.name
  location                          = var.region
  version                           = "16"
  sku_name                          = "B_Standard_B2s"
  storage_mb                        = 32768
  delegated_subnet_id               = azurerm_subnet.this["database"].id
  private_dns_zone_id               = azurerm_private_dns_zone.database[0].id
  public_network_access_enabled     = false
  administrator_login               = "mlflow"
  administrator_password_wo         = var.database_password
  administrator_password_wo_version = var.database_password_version
  backup_retention_days             = 14
  tags                              = local.tags

  depends_on = [azurerm_private_dns_zone_virtual_network_link.database]

  lifecycle {
    ignore_changes = [zone]
  }
}

resource "azurerm_postgresql_flexible_server_configuration" "tls" {
  count = var.mlflow_enabled ? 1 : 0

  name      = "require_secure_transport"
  server_id = azurerm_postgresql_flexible_server.mlflow[0].id
  value     = "on"
}

resource "azurerm_postgresql_flexible_server_database" "mlflow" {
  count = var.mlflow_enabled ? 1 : 0

  name      = "mlflow"
  server_id = azurerm_postgresql_flexible_server.mlflow[0].id
}
