# The network, where something runs in it: subnets for the cluster, for Container Apps and for the database.
locals {
  has_network = var.cluster_enabled || var.mlflow_enabled
  subnets = { for name, subnet in {
    cluster  = { cidr = "10.40.0.0/20", made = var.cluster_enabled, delegation = null }
    apps     = { cidr = "10.40.16.0/23", made = var.mlflow_enabled, delegation = "Microsoft.App/environments" }
    database = { cidr = "10.40.18.0/24", made = var.mlflow_enabled, delegation = "Microsoft.DBforPostgreSQL/flexibleServers" }
  } : name => subnet if subnet.made }
}

resource "azurerm_virtual_network" "this" {
  count = local.has_network ? 1 : 0

  name                = local.name
  resource_group_name = azurerm_resource_group.this.name
  location            = var.region
  address_space       = ["10.40.0.0/16"]
  tags                = local.tags
}

resource "azurerm_subnet" "this" {
  for_each = local.subnets

  name                 = each.key
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this[0].name
  address_prefixes     = [each.value.cidr]

  dynamic "delegation" {
    for_each = each.value.delegation == null ? [] : [each.value.delegation]

    content {
      name = "service"

      service_delegation {
        name    = delegation.value
        actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
      }
    }
  }
}

resource "azurerm_network_security_group" "this" {
  for_each = local.subnets

  name                = "${local.name}-${each.key}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.region
  tags                = local.tags
}

resource "azurerm_subnet_network_security_group_association" "this" {
  for_each = local.subnets

  subnet_id                 = azurerm_subnet.this[each.key].id
  network_security_group_id = azurerm_network_security_group.this[each.key].id
}
