# An alarm when the project becomes expensive, to the administrators of the billing account.
resource "google_billing_budget" "this" {
  count = var.billing_account != null && var.monthly_budget_usd > 0 ? 1 : 0

  billing_account = var.billing_account
  display_name    = local.name

  budget_filter {
    projects = ["projects/${data.google_project.this.number}"]
  }

  amount {
    specified_amount {
      currency_code = "USD"
      units         = tostring(var.monthly_budget_usd)
    }
  }

  threshold_rules {
    threshold_percent = 0.8
  }

  threshold_rules {
    threshold_percent = 1.0
    spend_basis       = "FORECASTED_SPEND"
  }
}
