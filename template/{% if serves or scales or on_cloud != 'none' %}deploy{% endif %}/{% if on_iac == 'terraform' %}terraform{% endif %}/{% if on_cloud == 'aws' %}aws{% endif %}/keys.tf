# Keys, one for a purpose, so that who may read one thing can't read another. AWS makes new key material every year.
locals {
  keys = {
    data    = "data, models, images, MLflow's database and secrets"
    audit   = "the audit trail and its log"
    cluster = "secrets and logs of the cluster"
  }
  made_keys = { for purpose, text in local.keys : purpose => text if lookup({ audit = var.audit_enabled, cluster = var.cluster_enabled }, purpose, true) }
}

resource "aws_kms_key" "this" {
  for_each = local.made_keys

  description             = "${local.name}: ${each.value}"
  enable_key_rotation     = true
  deletion_window_in_days = var.protected ? 30 : 7
  policy                  = data.aws_iam_policy_document.key[each.key].json
}

resource "aws_kms_alias" "this" {
  for_each = local.made_keys

  name          = "alias/${local.name}-${each.key}"
  target_key_id = aws_kms_key.this[each.key].key_id
}

# A key's policy is about that key: "*" is the key itself.
data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:the account's statement lets IAM policies decide; without it nobody could manage the key
  #checkov:skip=CKV_AWS_111:as above, "*" is this key
  #checkov:skip=CKV_AWS_356:as above, "*" is this key
  for_each = local.made_keys

  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
    }
  }

  statement {
    sid       = "Logs"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${var.region}.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:${local.partition}:logs:${local.region_account}:log-group:*"]
    }
  }

  dynamic "statement" {
    for_each = each.key == "audit" ? [local.trail_arn] : []

    content {
      sid       = "Trail"
      actions   = ["kms:GenerateDataKey*", "kms:DescribeKey"]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = ["cloudtrail.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceArn"
        values   = [statement.value]
      }
    }
  }
}
