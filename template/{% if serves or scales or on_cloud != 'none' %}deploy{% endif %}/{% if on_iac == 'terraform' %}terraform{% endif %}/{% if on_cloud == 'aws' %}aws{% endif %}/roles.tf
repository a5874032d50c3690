# Who may do what: workflows of GitHub by OIDC, one role a purpose; people by role; services of AWS.
locals {
  oidc_arn = var.github_oidc_provider_arn == null ? aws_iam_openid_connect_provider.github[0].arn : var.github_oidc_provider_arn

  # purpose -> what the role may do; who may take it on is in github.tf
  workflows = { for purpose, policy in {
    ci        = data.aws_iam_policy_document.monitor.json
    retrain   = data.aws_iam_policy_document.train.json
    push      = data.aws_iam_policy_document.push.json
    deliver   = data.aws_iam_policy_document.read.json
    terraform = data.aws_iam_policy_document.boundary.json
  } : purpose => policy if purpose != "terraform" || var.terraform_workflow }
  trusted = merge({ for purpose, subjects in local.subjects : purpose => values(subjects) }, { terraform = ["repo:${local.repository}:environment:terraform-${var.environment}"] })

  # role -> what a person may do; the rights in the cluster stand in cluster.tf
  people = {
    viewer         = data.aws_iam_policy_document.read.json
    data-scientist = data.aws_iam_policy_document.train.json
    ml-engineer    = data.aws_iam_policy_document.engineer.json
  }
  made_people = { for role, principals in var.people : role => principals if length(principals) > 0 }
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.github_oidc_provider_arn == null ? 1 : 0

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

# -- workflows ------------------------------------------------------------------------------------------------------------
resource "aws_iam_role" "workflow" {
  for_each = local.workflows

  name                 = "${local.name}-${each.key}"
  description          = "GitHub's workflows of ${var.github_owner}/${var.github_repository}: ${each.key}"
  assume_role_policy   = data.aws_iam_policy_document.workflow_trust[each.key].json
  permissions_boundary = aws_iam_policy.boundary.arn
  max_session_duration = 3600
}

data "aws_iam_policy_document" "workflow_trust" {
  for_each = local.workflows

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.oidc_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = local.trusted[each.key]
    }

    # GitHub makes an environment that a workflow of any branch names; until it is limited to main, the branch is what counts.
    dynamic "condition" {
      for_each = each.key == "ci" ? [] : ["refs/heads/main"] # a pull request has a ref of its own

      content {
        test     = "StringEquals"
        variable = "token.actions.githubusercontent.com:ref"
        values   = [condition.value]
      }
    }

    # Jobs of main run code of dependencies; the one that pushes and signs runs none.
    dynamic "condition" {
      for_each = each.key == "push" ? [local.signers] : []

      content {
        test     = "StringEquals"
        variable = "token.actions.githubusercontent.com:job_workflow_ref"
        values   = condition.value
      }
    }
  }
}

resource "aws_iam_role_policy" "workflow" {
  for_each = local.workflows

  name   = each.key
  role   = aws_iam_role.workflow[each.key].id
  policy = each.value
}

# -- people ---------------------------------------------------------------------------------------------------------------
resource "aws_iam_role" "person" {
  for_each = local.made_people

  name                 = "${local.name}-${each.key}"
  description          = "People: ${each.key} of ${var.project_name}"
  assume_role_policy   = data.aws_iam_policy_document.person_trust[each.key].json
  permissions_boundary = aws_iam_policy.boundary.arn
}

data "aws_iam_policy_document" "person_trust" {
  for_each = local.made_people

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = each.value
    }
  }
}

resource "aws_iam_role_policy" "person" {
  for_each = local.made_people

  name   = each.key
  role   = aws_iam_role.person[each.key].id
  policy = local.people[each.key]
}

# -- what each may do -----------------------------------------------------------------------------------------------------
data "aws_iam_policy_document" "read" {
  statement {
    sid       = "ListBuckets"
    actions   = ["s3:ListBucket", "s3:GetBucketLocation"]
    resources = [for purpose in ["dvc", "mlflow"] : aws_s3_bucket.this[purpose].arn]
  }

  statement {
    sid       = "ReadObjects"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = [for purpose in ["dvc", "mlflow"] : "${aws_s3_bucket.this[purpose].arn}/*"]
  }

  statement {
    sid       = "Decrypt"
    actions   = ["kms:Decrypt", "kms:DescribeKey"]
    resources = [aws_kms_key.this["data"].arn]
  }

  # What ingest reads and another project owns: its owner's bucket policy must allow it, too, where the account is another.
  dynamic "statement" {
    for_each = length(local.sources) > 0 ? [local.sources] : []

    content {
      sid       = "ReadSources"
      actions   = ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:GetBucketLocation", "kms:Decrypt", "kms:DescribeKey"]
      resources = statement.value
    }
  }

  statement {
    sid       = "PullImages"
    actions   = ["ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:DescribeImages"]
    resources = [for repository in aws_ecr_repository.this : repository.arn]
  }

  statement {
    sid       = "RegistryLogin"
    actions   = ["ecr:GetAuthorizationToken"] # knows no resource
    resources = ["*"]
  }

  dynamic "statement" {
    for_each = aws_eks_cluster.this

    content {
      sid       = "FindCluster" # what one may do in it, the cluster decides
      actions   = ["eks:DescribeCluster"]
      resources = [statement.value.arn]
    }
  }
}

# Adds to the data and never deletes: the former versions and the lifecycle stay out of reach.
data "aws_iam_policy_document" "train" {
  source_policy_documents = [data.aws_iam_policy_document.read.json]

  statement {
    sid       = "AddData"
    actions   = ["s3:PutObject", "s3:AbortMultipartUpload"]
    resources = ["${aws_s3_bucket.this["dvc"].arn}/*"]
  }

  statement {
    sid       = "Encrypt"
    actions   = ["kms:GenerateDataKey"]
    resources = [aws_kms_key.this["data"].arn]
  }
}

data "aws_iam_policy_document" "push" {
  statement {
    sid       = "LoginToPush"
    actions   = ["ecr:GetAuthorizationToken"] # knows no resource
    resources = ["*"]
  }

  statement {
    sid = "PushImages"
    actions = [
      "ecr:PutImage", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer",
    ]
    resources = [aws_ecr_repository.this["service"].arn]
  }
}

data "aws_iam_policy_document" "engineer" {
  source_policy_documents = [data.aws_iam_policy_document.train.json, data.aws_iam_policy_document.push.json]
}

# -- services of AWS ------------------------------------------------------------------------------------------------------
# Which service takes on a role; what the role may do stands where it is used.
locals {
  services = merge(
    var.audit_enabled ? { trail = "cloudtrail" } : {},
    local.has_network ? { flow = "vpc-flow-logs" } : {},
    var.mlflow_enabled ? { mlflow-task = "ecs-tasks", mlflow-start = "ecs-tasks" } : {},
    var.endpoint_enabled ? { endpoint = "lambda" } : {},
    var.cluster_enabled ? { cluster = "eks", nodes = "ec2" } : {},
  )
}

resource "aws_iam_role" "service" {
  for_each = local.services

  name                 = "${local.name}-${each.key}"
  assume_role_policy   = data.aws_iam_policy_document.service_trust[each.key].json
  permissions_boundary = each.key == "nodes" ? aws_iam_policy.nodes_boundary.arn : aws_iam_policy.boundary.arn
}

data "aws_iam_policy_document" "service_trust" {
  for_each = local.services

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["${each.value}.amazonaws.com"]
    }
  }
}
