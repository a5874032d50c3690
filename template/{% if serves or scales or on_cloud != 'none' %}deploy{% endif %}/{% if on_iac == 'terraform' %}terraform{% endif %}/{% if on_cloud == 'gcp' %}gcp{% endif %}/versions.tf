# Which Terraform and provider, and where the state is: `terraform init -backend-config=staging.gcs.tfbackend`.
terraform {
  required_version = ">= 1.10, < 2.0"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.50, < 8.0"
    }
  }

  backend "gcs" {} # locks by itself
}

provider "google" {
  project = var.gcp_project
  region  = var.region

  default_labels = {
    project     = local.project
    environment = var.environment
    managed-by  = "terraform"
  }
}
