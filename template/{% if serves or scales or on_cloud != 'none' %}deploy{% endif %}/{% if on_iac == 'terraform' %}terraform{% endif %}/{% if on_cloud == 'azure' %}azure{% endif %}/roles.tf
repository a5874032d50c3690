# Who may do what: workflows of GitHub by OIDC, one identity a purpose, and people by role. Rights are bound to containers
# and registry, not to the group.
locals {
  credentials = merge([for purpose, subjects in local.subjects : { for name, subject in subjects : "${purpose}-${name}" => { purpose = purpose, subject = subject } }]...)

  like = { viewer = "ci", data-scientist = "retrain", ml-engineer = "engineer" }
  members = merge(
    { for purpose in keys(local.subjects) : purpose => { like = purpose, id = azurerm_user_assigned_identity.workflow[purpose].principal_id } },
    { for pair in flatten([for role, ids in var.people : [for id in ids : { role = role, id = id }]]) : "${pair.role} ${pair.id}" => { like = local.like[pair.role], id = pair.id } },
  )
}

resource "azurerm_user_assigned_identity" "workflow" {
  for_each = local.subjects

  name                = "${local.name}-${each.key}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.region
  tags                = local.tags
}

resource "azurerm_federated_identity_credential" "workflow" {
  #checkov:skip=CKV_AZURE_249:the subjects name one repository exactly; checkov does not know the values
  for_each = local.credentials

  name                = each.key
  resource_group_name = azurerm_resource_group.this.name
  parent_id           = azurerm_user_assigned_identity.workflow[each.value.purpose].id
  issuer              = "https://token.actions.githubusercontent.com"
  audience            = ["api://AzureADTokenExchange"]
  subject             = each.value.subject
}

# -- what each may do -----------------------------------------------------------------------------------------------------
locals {
  readers = { for who, member in local.members : who => member if member.like != "push" }
  sources = merge([for container in var.source_containers : { for who, member in local.readers : "${who} ${container}" => { container = container, id = member.id } }]...)
}

resource "azurerm_role_assignment" "data" {
  for_each = local.readers

  scope                = azurerm_storage_container.this["dvc"].id
  role_definition_name = contains(["retrain", "engineer"], each.value.like) ? "Storage Blob Data Contributor" : "Storage Blob Data Reader"
  principal_id         = each.value.id
}

# What ingest reads and another project owns; the person who applies must be allowed to give this right.
resource "azurerm_role_assignment" "source" {
  for_each = local.sources

  scope                = each.value.container
  role_definition_name = "Storage Blob Data Reader"
  principal_id         = each.value.id
}

resource "azurerm_role_assignment" "models" {
  for_each = local.readers

  scope                = azurerm_storage_container.this["mlflow"].id
  role_definition_name = "Storage Blob Data Reader"
  principal_id         = each.value.id
}

resource "azurerm_role_assignment" "images" {
  for_each = local.members

  scope                = azurerm_container_registry.this.id
  role_definition_name = contains(["push", "engineer"], each.value.like) ? "AcrPush" : "AcrPull"
  principal_id         = each.value.id
}
