# Who may do what with the prediction log: the service of the cluster adds files to it, the monitor reads them.
data "aws_iam_policy_document" "monitor" {
  source_policy_documents = [data.aws_iam_policy_document.read.json]

  statement {
    sid       = "ListPredictions"
    actions   = ["s3:ListBucket", "s3:GetBucketLocation"]
    resources = [aws_s3_bucket.this["predictions"].arn]
  }

  statement {
    sid       = "ReadPredictions"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.this["predictions"].arn}/*"]
  }
}

# The service account of the service, by the identity that the cluster gives its pods.
resource "aws_iam_role" "predictions" {
  count = var.cluster_enabled ? 1 : 0

  name                 = "${local.name}-predictions"
  description          = "The service in the cluster: adds files to the prediction log"
  assume_role_policy   = data.aws_iam_policy_document.cluster_trust["predictions"].json
  permissions_boundary = aws_iam_policy.boundary.arn
}

resource "aws_iam_role_policy" "predictions" {
  count = var.cluster_enabled ? 1 : 0

  name   = "add"
  role   = aws_iam_role.predictions[0].id
  policy = data.aws_iam_policy_document.predictions.json
}

data "aws_iam_policy_document" "predictions" {
  statement {
    sid       = "AddFiles"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.this["predictions"].arn}/log/*"]
  }

  statement {
    sid       = "Encrypt"
    actions   = ["kms:GenerateDataKey"]
    resources = [aws_kms_key.this["data"].arn]
  }
}
