# Images in this account: of the service and of MLflow's server. All are run by digest.
resource "aws_ecr_repository" "this" {
  #checkov:skip=CKV_AWS_51:cosign keeps signature and attestations of the service under tags that grow; sign.yml moves no tag of an image
  for_each = { service = "MUTABLE", mlflow = "IMMUTABLE" }

  name                 = "${local.name}/${each.key}"
  image_tag_mutability = each.value
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
