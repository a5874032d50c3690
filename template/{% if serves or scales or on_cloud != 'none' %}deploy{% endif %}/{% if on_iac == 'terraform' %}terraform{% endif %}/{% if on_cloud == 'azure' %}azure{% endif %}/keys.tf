# The key of data at rest, in a vault that forgets nothing for 90 days; new material every year.
resource "azurerm_key_vault" "this" {
  #checkov:skip=CKV2_AZURE_32:a private endpoint costs by the hour; callers need a role in any case
  #checkov:skip=CKV_AZURE_109:as above
  #checkov:skip=CKV_AZURE_189:as above
  name                       = "${local.short}kv"
  resource_group_name        = azurerm_resource_group.this.name
  location                   = var.region
  tenant_id                  = data.azurerm_client_config.this.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = true
  purge_protection_enabled   = true
  soft_delete_retention_days = 90
  tags                       = local.tags
}

# Who applies must be allowed to make keys.
resource "azurerm_role_assignment" "keys" {
  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Administrator"
  principal_id         = data.azurerm_client_config.this.object_id
}

resource "azurerm_key_vault_key" "data" {
  #checkov:skip=CKV_AZURE_40:it is rotated, and must not end while data are encrypted with it
  #checkov:skip=CKV_AZURE_112:a key in hardware costs by the month; a decision of the organization
  name         = "data"
  key_vault_id = azurerm_key_vault.this.id
  key_type     = "RSA"
  key_size     = 3072
  key_opts     = ["wrapKey", "unwrapKey"]

  rotation_policy {
    automatic {
      time_after_creation = "P1Y"
    }
  }

  depends_on = [azurerm_role_assignment.keys]
}

resource "azurerm_user_assigned_identity" "storage" {
  name                = "${local.name}-storage"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.region
  tags                = local.tags
}

resource "azurerm_role_assignment" "storage_key" {
  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Crypto Service Encryption User"
  principal_id         = azurerm_user_assigned_identity.storage.principal_id
}
