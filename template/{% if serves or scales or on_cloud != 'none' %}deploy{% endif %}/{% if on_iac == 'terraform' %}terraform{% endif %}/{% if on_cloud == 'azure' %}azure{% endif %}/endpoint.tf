# The service on Container Apps, for a team with little traffic: without requests there is no instance, and no cost.
resource "azurerm_container_app" "endpoint" {
  count = var.endpoint_enabled ? 1 : 0

  name                         = "service"
  resource_group_name          = azurerm_resource_group.this.name
  container_app_environment_id = azurerm_container_app_environment.this[0].id
  revision_mode                = "Single"
  workload_profile_name        = "Consumption"
  tags                         = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.app["endpoint"].id]
  }

  registry {
    server   = azurerm_container_registry.this.login_server
    identity = azurerm_user_assigned_identity.app["endpoint"].id
  }

  ingress {
    external_enabled = true # the service asks for a key
    target_port      = 8000

    traffic_weight {
      latest_revision = true
      percentage      = 100
    }
  }

  template {
    min_replicas = 0
    max_replicas = 5 # bounds what a flood of requests can cost

    container {
      name   = "service"
      image  = var.endpoint_image
      cpu    = 0.5
      memory = "1Gi"

      env {
        name  = "SERVE_API_KEYS"
        value = join(",", var.endpoint_api_keys)
      }

      readiness_probe {
        transport = "HTTP"
        port      = 8000
        path      = "/health/ready"
      }
    }
  }

  depends_on = [azurerm_role_assignment.app_images]
}
