# Images in this account: of the serverless endpoint and of MLflow's server. Both run by digest.
resource "aws_ecr_repository" "this" {
  #checkov:skip=CKV_AWS_51:cosign adds the second attestation of an image to the tag of the first
  for_each = toset(["service", "mlflow"])

  name                 = "${local.name}/${each.key}"
  image_tag_mutability = each.key == "service" ? "MUTABLE" : "IMMUTABLE"
  force_delete         = !var.protected

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = aws_kms_key.this["data"].arn
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = aws_ecr_repository.this

  repository = each.value.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "the newest 100 images: far more than anybody rolls back"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 100 }
      action       = { type = "expire" }
    }]
  })
}
