# Images of the endpoint, the cluster and MLflow's server. They are named by digest everywhere, so a tag that moves harms nothing.
resource "azurerm_container_registry" "this" {
  #checkov:skip=CKV_AZURE_139:laptops and GitHub's runners come from outside; callers need a role
  #checkov:skip=CKV_AZURE_165:a copy in a second region is a decision of the organization
  #checkov:skip=CKV_AZURE_166:quarantine needs a scanner of the organization's that releases images
  #checkov:skip=CKV_AZURE_164:images are signed by the pipeline with cosign, not with Docker's content trust
  #checkov:skip=CKV_AZURE_163:scanning is Defender's, switched on for the subscription
  #checkov:skip=CKV_AZURE_233:zone redundancy is there by itself where the region has zones
  #checkov:skip=CKV_AZURE_237:as CKV_AZURE_139
  name                     = "${local.short}cr"
  resource_group_name      = azurerm_resource_group.this.name
  location                 = var.region
  sku                      = "Premium"
  admin_enabled            = false
  anonymous_pull_enabled   = false
  retention_policy_in_days = 90
  tags                     = local.tags
}
