# An alarm when the project becomes expensive. Activate the cost allocation tag `project` in the billing console once.
resource "aws_budgets_budget" "this" {
  count = var.monthly_budget_usd > 0 ? 1 : 0

  name         = local.name
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"

  cost_filter {
    name   = "TagKeyValue"
    values = [join("$", ["user:project", var.project_name])]
  }

  dynamic "notification" {
    for_each = length(var.budget_emails) > 0 ? { ACTUAL = 80, FORECASTED = 100 } : {}

    content {
      notification_type          = notification.key
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      comparison_operator        = "GREATER_THAN"
      subscriber_email_addresses = var.budget_emails
    }
  }
}
