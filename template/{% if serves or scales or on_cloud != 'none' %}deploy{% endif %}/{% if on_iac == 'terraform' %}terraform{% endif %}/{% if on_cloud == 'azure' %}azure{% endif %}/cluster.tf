# The Kubernetes cluster: a pool that always runs, a spot pool, a GPU pool where one is asked for; each grows and shrinks by
# itself. People get in by Entra, with the rights of their role.
resource "azurerm_kubernetes_cluster" "this" {
  #checkov:skip=CKV_AZURE_117:disks are encrypted by Azure; a key of one's own is a decision of the organization
  #checkov:skip=CKV_AZURE_227:as above
  #checkov:skip=CKV_AZURE_226:ephemeral disks do not fit the smallest sizes of nodes
  #checkov:skip=CKV_AZURE_170:the free tier does for a start; its price is that of a node
  #checkov:skip=CKV_AZURE_232:the base pool is small, and the service runs on it
  #checkov:skip=CKV_AZURE_168:30 pods a node are what Azure's network gives
  #checkov:skip=CKV_AZURE_172:secrets come from the vault by the driver, rotated
  count = var.cluster_enabled ? 1 : 0

  name                      = local.name
  resource_group_name       = azurerm_resource_group.this.name
  location                  = var.region
  dns_prefix                = local.name
  private_cluster_enabled   = length(var.cluster_public_cidrs) == 0
  local_account_disabled    = true
  oidc_issuer_enabled       = true
  workload_identity_enabled = true
  azure_policy_enabled      = true
  automatic_upgrade_channel = "stable"
  tags                      = local.tags

  identity {
    type = "SystemAssigned"
  }

  azure_active_directory_role_based_access_control {
    azure_rbac_enabled = true
  }

  dynamic "api_server_access_profile" {
    for_each = length(var.cluster_public_cidrs) > 0 ? [var.cluster_public_cidrs] : []

    content {
      authorized_ip_ranges = api_server_access_profile.value
    }
  }

  network_profile {
    network_plugin = "azure"
    network_policy = "azure"
    service_cidr   = "10.41.0.0/20"
    dns_service_ip = "10.41.0.10"
  }

  key_vault_secrets_provider {
    secret_rotation_enabled = true
  }

  oms_agent {
    log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id
  }

  default_node_pool {
    name                 = "base"
    vm_size              = var.nodes.type
    vnet_subnet_id       = azurerm_subnet.this["cluster"].id
    auto_scaling_enabled = true
    min_count            = var.nodes.min
    max_count            = var.nodes.max
  }
}

locals {
  pools = { for pool, size in { spot = var.spot_nodes, gpu = var.gpu_nodes } : pool => size if var.cluster_enabled && size != null }
}

resource "azurerm_kubernetes_cluster_node_pool" "this" {
  #checkov:skip=CKV_AZURE_227:see the cluster
  #checkov:skip=CKV_AZURE_168:see the cluster
  for_each = local.pools

  name                  = each.key
  kubernetes_cluster_id = azurerm_kubernetes_cluster.this[0].id
  vm_size               = each.value.type
  vnet_subnet_id        = azurerm_subnet.this["cluster"].id
  priority              = "Spot"
  eviction_policy       = "Delete"
  auto_scaling_enabled  = true
  min_count             = each.value.min
  max_count             = each.value.max
  node_labels           = { pool = each.key, "kubernetes.azure.com/scalesetpriority" = "spot" }
  node_taints           = ["kubernetes.azure.com/scalesetpriority=spot:NoSchedule"]
  tags                  = local.tags
}

resource "azurerm_role_assignment" "cluster" {
  for_each = var.cluster_enabled ? { for pair in flatten([for role, ids in var.people : [for id in ids : { role = role, id = id }]]) : "${pair.role} ${pair.id}" => pair } : {}

  scope                = azurerm_kubernetes_cluster.this[0].id
  role_definition_name = each.value.role == "ml-engineer" ? "Azure Kubernetes Service RBAC Writer" : "Azure Kubernetes Service RBAC Reader"
  principal_id         = each.value.id
}
