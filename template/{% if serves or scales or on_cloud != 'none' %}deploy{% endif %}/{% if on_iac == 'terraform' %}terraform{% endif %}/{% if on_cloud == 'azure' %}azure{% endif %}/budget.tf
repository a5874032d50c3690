# An alarm when the project becomes expensive.
resource "azurerm_consumption_budget_resource_group" "this" {
  count = var.monthly_budget_usd > 0 ? 1 : 0

  name              = local.name
  resource_group_id = azurerm_resource_group.this.id
  amount            = var.monthly_budget_usd
  time_grain        = "Monthly"

  time_period {
    start_date = var.budget_start
  }

  dynamic "notification" {
    for_each = { Actual = 80, Forecasted = 100 }

    content {
      threshold      = notification.value
      threshold_type = notification.key
      operator       = "GreaterThan"
      contact_emails = var.budget_emails
    }
  }
}
