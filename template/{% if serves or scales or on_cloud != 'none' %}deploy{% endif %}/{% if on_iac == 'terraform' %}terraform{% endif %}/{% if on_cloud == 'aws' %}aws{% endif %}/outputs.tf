# What the project must know: `make connect` reads dvc_remote, settings and predictions, people the rest.
output "dvc_remote" {
  description = "DVC's remote: its address, and the options that `dvc remote modify` sets."
  value = {
    url = "s3://${aws_s3_bucket.this["dvc"].id}/dvc"
    options = {
      region         = var.region
      sse            = "aws:kms"
      sse_kms_key_id = aws_kms_key.this["data"].arn
    }
  }
}

output "settings" {
  description = "Settings of the environment, for .env."
  value = merge(
    { AWS_DEFAULT_REGION = var.region, MONITOR_PREDICTIONS = "s3://${aws_s3_bucket.this["predictions"].id}/log" },
    var.mlflow_enabled ? { MLFLOW_TRACKING_URI = "https://${var.mlflow_domain}" } : {},
  )
}

output "predictions" {
  description = "The bucket of the prediction log, and by what the cluster knows the service's account: `make connect` writes both into deploy/k8s."
  value = {
    environment = var.environment
    url         = "s3://${aws_s3_bucket.this["predictions"].id}/log"
    annotations = { for role in aws_iam_role.predictions : "eks.amazonaws.com/role-arn" => role.arn }
    labels      = {}
  }
}

output "mlflow_artifacts" {
  description = "Where MLflow's server keeps artifacts: --artifacts-destination."
  value       = "s3://${aws_s3_bucket.this["mlflow"].id}/artifacts"
}

output "mlflow_load_balancer" {
  description = "What the DNS must point mlflow_domain to."
  value       = one(aws_lb.mlflow[*].dns_name)
}

output "registries" {
  description = "Addresses of the images, by what they hold."
  value       = { for purpose, repository in aws_ecr_repository.this : purpose => repository.repository_url }
}

output "workflow_roles" {
  description = "Roles of GitHub's workflows, by purpose: `role-to-assume` of aws-actions/configure-aws-credentials."
  value       = { for purpose, role in aws_iam_role.workflow : purpose => role.arn }
}

output "people_roles" {
  description = "Roles of people."
  value       = { for role, made in aws_iam_role.person : role => made.arn }
}

output "cluster" {
  description = "Name of the cluster, for `aws eks update-kubeconfig --name`."
  value       = one(aws_eks_cluster.this[*].name)
}

output "autoscaler_role" {
  description = "Role of the service account kube-system/cluster-autoscaler."
  value       = one(aws_iam_role.autoscaler[*].arn)
}

output "endpoint" {
  description = "Address of the serverless endpoint."
  value       = one(aws_lambda_function_url.endpoint[*].function_url)
}
