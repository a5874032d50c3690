# Data of DVC, artifacts of MLflow and the prediction log: versioned, encrypted with the project's key, TLS only, no anonymous access, no
# account keys: everybody needs a role.
resource "azurerm_storage_account" "this" {
  #checkov:skip=CKV_AZURE_33:there are no queues
  #checkov:skip=CKV_AZURE_206:a copy in a second region is a decision of the organization, and doubles the cost
  #checkov:skip=CKV_AZURE_59:laptops and GitHub's runners come from outside; callers need a role
  #checkov:skip=CKV2_AZURE_33:as above
  name                            = "${local.short}st"
  resource_group_name             = azurerm_resource_group.this.name
  location                        = var.region
  account_tier                    = "Standard"
  account_replication_type        = "ZRS"
  min_tls_version                 = "TLS1_2"
  https_traffic_only_enabled      = true
  allow_nested_items_to_be_public = false
  shared_access_key_enabled       = false
  local_user_enabled              = false
  tags                            = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.storage.id]
  }

  customer_managed_key {
    key_vault_key_id          = azurerm_key_vault_key.data.versionless_id
    user_assigned_identity_id = azurerm_user_assigned_identity.storage.id
  }

  sas_policy {
    expiration_period = "01.00:00:00"
  }

  blob_properties {
    versioning_enabled  = true
    change_feed_enabled = true

    delete_retention_policy {
      days = 30
    }

    container_delete_retention_policy {
      days = 30
    }
  }

  depends_on = [azurerm_role_assignment.storage_key]
}

resource "azurerm_storage_container" "this" {
  #checkov:skip=CKV2_AZURE_21:reads, writes and deletes are logged by audit.tf
  for_each = toset(["dvc", "mlflow", "predictions"])

  name                  = each.key
  storage_account_id    = azurerm_storage_account.this.id
  container_access_type = "private"
}

# The newest version of data and models is never removed: DVC and the registry point to it for years.
resource "azurerm_storage_management_policy" "this" {
  storage_account_id = azurerm_storage_account.this.id

  rule {
    name    = "former-versions"
    enabled = true

    filters {
      blob_types = ["blockBlob"]
    }

    actions {
      base_blob {
        tier_to_cool_after_days_since_modification_greater_than = 90
      }

      version {
        delete_after_days_since_creation = var.retention_days
      }
    }
  }

  rule {
    name    = "predictions"
    enabled = true

    filters {
      blob_types   = ["blockBlob"]
      prefix_match = ["predictions/"]
    }

    actions {
      base_blob {
        delete_after_days_since_creation_greater_than = var.prediction_days
      }

      version {
        delete_after_days_since_creation = var.prediction_days
      }
    }
  }
}

resource "azurerm_management_lock" "storage" {
  count = var.protected ? 1 : 0

  name       = "data"
  scope      = azurerm_storage_account.this.id
  lock_level = "CanNotDelete"
}
