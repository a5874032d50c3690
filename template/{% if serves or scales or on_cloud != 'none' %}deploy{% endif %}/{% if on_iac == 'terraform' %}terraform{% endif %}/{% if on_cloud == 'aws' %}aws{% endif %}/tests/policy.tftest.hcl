# The rules that a change may not break: `terraform test`. AWS is not asked, nothing is made.
mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  environment            = "staging"
  region                 = "eu-central-1"
  protected              = false
  state_bucket           = "example-terraform-state"
  monthly_budget_usd     = 100
  budget_emails          = ["ml-team@example.com"]
  people                 = { viewer = ["arn:aws:iam::123456789012:role/auditors"], ml-engineer = [] }
  mlflow_image           = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/mlflow@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  mlflow_domain          = "mlflow.example.com"
  mlflow_certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
  endpoint_image         = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/service@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  endpoint_api_keys      = ["shop:predict:0000000000000000000000000000000000000000000000000000000000000000"]
}

run "what_a_small_team_begins_with_costs_nothing_by_the_hour" {
  command = plan

  assert {
    condition     = length(aws_eks_cluster.this) + length(aws_db_instance.mlflow) + length(aws_nat_gateway.this) + length(aws_lb.mlflow) == 0
    error_message = "Something that costs by the hour is made without being asked for."
  }
}

run "buckets" {
  command = plan

  assert {
    condition     = toset(keys(aws_s3_bucket.this)) == toset(["dvc", "mlflow", "predictions", "access-logs", "audit"])
    error_message = "A bucket is missing."
  }

  assert {
    condition     = alltrue([for name in keys(aws_s3_bucket.this) : aws_s3_bucket_versioning.this[name].versioning_configuration[0].status == "Enabled"])
    error_message = "A bucket is not versioned."
  }

  assert {
    condition     = alltrue([for name in keys(aws_s3_bucket.this) : aws_s3_bucket_public_access_block.this[name].block_public_policy && aws_s3_bucket_public_access_block.this[name].restrict_public_buckets])
    error_message = "A bucket may become public."
  }

  assert {
    condition     = alltrue([for key in aws_kms_key.this : key.enable_key_rotation])
    error_message = "A key is not rotated."
  }
}

run "everything" {
  command = plan

  variables {
    cluster_enabled  = true
    mlflow_enabled   = true
    endpoint_enabled = true
    gpu_nodes        = { types = ["g5.xlarge"], min = 0, max = 1 }
  }

  assert {
    condition     = aws_db_instance.mlflow[0].storage_encrypted && !aws_db_instance.mlflow[0].publicly_accessible
    error_message = "MLflow's database must be encrypted and private."
  }

  assert {
    condition     = contains([for parameter in aws_db_parameter_group.mlflow[0].parameter : "${parameter.name}=${parameter.value}"], "rds.force_ssl=1")
    error_message = "MLflow's database must take TLS only."
  }

  assert {
    condition     = aws_lb_listener.mlflow[0].protocol == "HTTPS"
    error_message = "MLflow's server must be reached by TLS only."
  }

  assert {
    condition     = !aws_eks_cluster.this[0].vpc_config[0].endpoint_public_access
    error_message = "The API of the cluster is public though nobody asked for it."
  }

  assert {
    condition     = { for pool, nodes in aws_eks_node_group.this : pool => nodes.capacity_type } == { base = "ON_DEMAND", spot = "SPOT", gpu = "SPOT" }
    error_message = "The pools are not those that were asked for."
  }

  assert {
    condition     = keys(aws_eks_access_policy_association.person) == ["viewer"] && endswith(aws_eks_access_policy_association.person["viewer"].policy_arn, "/AmazonEKSViewPolicy")
    error_message = "People have other rights in the cluster than their role gives."
  }

  assert {
    condition     = jsondecode(aws_eks_addon.network[0].configuration_values).enableNetworkPolicy == "true"
    error_message = "The cluster does not heed network policies."
  }

  assert {
    condition     = keys(aws_iam_role.workflow) == ["ci", "deliver", "push", "retrain"]
    error_message = "A role for workflows is made that nobody asked for."
  }

  assert {
    condition     = aws_lambda_function_url.endpoint[0].authorization_type == "AWS_IAM"
    error_message = "The serverless endpoint must know who asks."
  }
}

run "production_is_protected" {
  command = plan

  variables {
    environment   = "production"
    protected     = false
    audit_enabled = false
  }

  expect_failures = [var.protected, var.audit_enabled]
}
