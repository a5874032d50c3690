# MLflow's server on Container Apps, which ends TLS. It hands out artifacts itself: clients need its password, not the storage.
# Its image is built of ../mlflow/; its secrets are put into the vault by hand (README.md), so that no state file has them.
locals {
  secrets = { # setting -> name in the vault
    DATABASE_PASSWORD              = "database-password"
    MLFLOW_AUTH_ADMIN_PASSWORD     = "admin-password"
    MLFLOW_FLASK_SERVER_SECRET_KEY = "flask-key"
  }
}

resource "azurerm_container_app_environment" "this" {
  count = var.mlflow_enabled || var.endpoint_enabled ? 1 : 0

  name                       = local.name
  resource_group_name        = azurerm_resource_group.this.name
  location                   = var.region
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id
  infrastructure_subnet_id   = var.mlflow_enabled ? azurerm_subnet.this["apps"].id : null
  tags                       = local.tags

  workload_profile {
    name                  = "Consumption"
    workload_profile_type = "Consumption"
  }
}

resource "azurerm_user_assigned_identity" "app" {
  for_each = toset(concat(var.mlflow_enabled ? ["mlflow"] : [], var.endpoint_enabled ? ["endpoint"] : []))

  name                = "${local.name}-${each.key}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.region
  tags                = local.tags
}

resource "azurerm_role_assignment" "app_images" {
  for_each = azurerm_user_assigned_identity.app

  scope                = azurerm_container_registry.this.id
  role_definition_name = "AcrPull"
  principal_id         = each.value.principal_id
}

resource "azurerm_role_assignment" "mlflow" {
  for_each = var.mlflow_enabled ? {
    "Storage Blob Data Contributor" = azurerm_storage_container.this["mlflow"].id
    "Key Vault Secrets User"        = azurerm_key_vault.this.id
  } : {}

  scope                = each.value
  role_definition_name = each.key
  principal_id         = azurerm_user_assigned_identity.app["mlflow"].principal_id
}

resource "azurerm_container_app" "mlflow" {
  count = var.mlflow_enabled ? 1 : 0

  name                         = "mlflow"
  resource_group_name          = azurerm_resource_group.this.name
  container_app_environment_id = azurerm_container_app_environment.this[0].id
  revision_mode                = "Single"
  workload_profile_name        = "Consumption"
  tags                         = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.app["mlflow"].id]
  }

  registry {
    server   = azurerm_container_registry.this.login_server
    identity = azurerm_user_assigned_identity.app["mlflow"].id
  }

  ingress {
    external_enabled = true # MLflow asks for a password
    target_port      = 5000

    traffic_weight {
      latest_revision = true
      percentage      = 100
    }
  }

  dynamic "secret" {
    for_each = toset(values(local.secrets))

    content {
      name                = secret.key
      identity            = azurerm_user_assigned_identity.app["mlflow"].id
      key_vault_secret_id = "${azurerm_key_vault.this.vault_uri}secrets/${secret.key}"
    }
  }

  template {
    min_replicas = 1
    max_replicas = 2

    container {
      name   = "mlflow"
      image  = var.mlflow_image
      cpu    = 1
      memory = "2Gi"

      dynamic "env" {
        for_each = {
          ARTIFACTS                   = "wasbs://mlflow@${azurerm_storage_account.this.primary_blob_host}/artifacts"
          AZURE_CLIENT_ID             = azurerm_user_assigned_identity.app["mlflow"].client_id
          DATABASE_HOST               = "${azurerm_postgresql_flexible_server.mlflow[0].fqdn}:5432"
          DATABASE_USER               = "mlflow"
          MLFLOW_AUTH_ADMIN_USERNAME  = "admin"
          MLFLOW_SERVER_ALLOWED_HOSTS = "*.azurecontainerapps.io"
        }

        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = local.secrets

        content {
          name        = env.key
          secret_name = env.value
        }
      }
    }
  }

  depends_on = [azurerm_role_assignment.mlflow, azurerm_role_assignment.app_images]
}
