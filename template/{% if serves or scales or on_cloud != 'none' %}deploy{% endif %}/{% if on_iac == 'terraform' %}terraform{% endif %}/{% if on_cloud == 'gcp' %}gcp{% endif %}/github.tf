# What GitHub says of a workflow that may take on a role: the subject of its token. Each is exact, none is a pattern.
locals {
  # A repository that was made, renamed or moved after 15 July 2026 says its ids, too, which nobody gets by taking a name.
  repository = var.github_repository_id == null ? "${var.github_owner}/${var.github_repository}" : "${var.github_owner}@${var.github_owner_id}/${var.github_repository}@${var.github_repository_id}"

  # The workflow that pushes and signs; an adopted repository that has a sign.yml of its own has it by the second name.
  signers = [for name in ["sign", "template-sign"] : "${var.github_owner}/${var.github_repository}/.github/workflows/${name}.yml@refs/heads/main"]

  # purpose -> subjects. What runs on main is in the environment `automation`, which has the secrets.
  subjects = { for purpose, contexts in {
    ci      = { pull-request = "pull_request", main = "ref:refs/heads/main", automation = "environment:automation" }
    retrain = { main = "ref:refs/heads/main", automation = "environment:automation" }
    push    = { main = "ref:refs/heads/main" }
    deliver = { environment = "environment:${var.environment}" }
  } : purpose => { for name, context in contexts : name => "repo:${local.repository}:${context}" } }
}
