# Which Terraform and provider, and where the state is: `terraform init -backend-config=staging.s3.tfbackend`.
terraform {
  required_version = ">= 1.10, < 2.0" # 1.10 locks the state by a file in the bucket, without a table

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }

  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      project     = var.project_name
      environment = var.environment
      managed-by  = "terraform"
    }
  }
}
