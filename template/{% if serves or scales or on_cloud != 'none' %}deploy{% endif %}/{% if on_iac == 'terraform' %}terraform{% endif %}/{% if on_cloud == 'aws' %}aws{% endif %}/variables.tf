# What may be chosen. Values stand in project.auto.tfvars, staging.tfvars and production.tfvars.

# -- who and where ------------------------------------------------------------------------------------------------------
variable "project_name" {
  description = "Name of the project; names and tags of all resources begin with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.project_name)) && length(var.project_name) <= 60
    error_message = "project_name must be lower-case words joined by hyphens, at most 60 characters: churn-model."
  }
}

variable "github_owner" {
  description = "Organization or user on GitHub whose workflows may take on the roles."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$", var.github_owner))
    error_message = "github_owner must be the name of an organization or user on GitHub, without wildcards: example-org."
  }
}

variable "github_repository" {
  description = "Repository of that owner whose workflows may take on the roles."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "github_repository must be the name of one repository, without owner and wildcards: churn-model."
  }
}

variable "github_owner_id" {
  description = "Number of the owner on GitHub, for a repository that was made after 15 July 2026: gh api repos/OWNER/NAME --jq .owner.id."
  type        = number
  default     = null

  validation {
    condition     = var.github_owner_id == null ? true : var.github_owner_id > 0 && floor(var.github_owner_id) == var.github_owner_id
    error_message = "github_owner_id must be the number that `gh api repos/OWNER/NAME --jq .owner.id` shows."
  }
}

variable "github_repository_id" {
  description = "Number of the repository, for one that was made after 15 July 2026: gh api repos/OWNER/NAME --jq .id."
  type        = number
  default     = null

  validation {
    condition     = var.github_repository_id == null ? true : var.github_repository_id > 0 && floor(var.github_repository_id) == var.github_repository_id
    error_message = "github_repository_id must be the number that `gh api repos/OWNER/NAME --jq .id` shows."
  }

  validation {
    condition     = (var.github_owner_id == null) == (var.github_repository_id == null)
    error_message = "github_repository_id needs github_owner_id, and the other way round: give both numbers or neither."
  }
}

variable "environment" {
  description = "Which environment this is."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment must be staging or production: give -var-file=staging.tfvars or production.tfvars."
  }
}

variable "region" {
  description = "AWS region of everything."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region of AWS: eu-central-1."
  }
}

variable "state_bucket" {
  description = "Bucket of Terraform's state, made by hand before the first apply."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.state_bucket))
    error_message = "state_bucket must be the name of a bucket, without s3://."
  }
}

variable "github_oidc_provider_arn" {
  description = "GitHub's OIDC provider, where the account has one already (an account can have only one); null makes it."
  type        = string
  default     = null

  validation {
    condition     = var.github_oidc_provider_arn == null || can(regex(":oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.github_oidc_provider_arn))
    error_message = "github_oidc_provider_arn must end with :oidc-provider/token.actions.githubusercontent.com, or be null."
  }
}

variable "terraform_workflow" {
  description = "Whether a workflow of yours applies this module: makes the role terraform for the GitHub environment terraform-ENVIRONMENT on main."
  type        = bool
  default     = false
}

variable "source_buckets" {
  description = "Buckets that params.yaml reads and this module does not make: workflows and people may read them, also from other accounts."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.source_buckets : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", name))])
    error_message = "source_buckets must be names of buckets, without s3:// and wildcards."
  }

  validation {
    condition     = 2 * length(join("", var.source_buckets)) + 34 * length(var.source_buckets) + length(join("", var.source_keys)) + 3 * length(var.source_keys) <= 300
    error_message = "source_buckets and source_keys are too many: AWS limits the length of the boundary, and two buckets with a key fit."
  }
}

variable "source_keys" {
  description = "KMS keys of those buckets, where they are encrypted with keys of their own."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.source_keys : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+$", arn))])
    error_message = "source_keys must be ARNs of keys, arn:aws:kms:REGION:ACCOUNT:key/ID: an alias gives no right."
  }
}

variable "people" {
  description = "Who may take on which role: principals (ARNs of IAM or Identity Center roles) by role. A role without principals is not made."
  type        = map(list(string))
  default     = {}

  validation {
    condition     = alltrue([for role in keys(var.people) : contains(["viewer", "data-scientist", "ml-engineer"], role)])
    error_message = "people may have the roles viewer, data-scientist and ml-engineer only."
  }

  validation {
    condition     = alltrue([for arn in flatten(values(var.people)) : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/", arn))])
    error_message = "people must be named by ARNs of roles or users, arn:aws:iam::123456789012:role/NAME; whole accounts are refused."
  }
}

# -- how careful ----------------------------------------------------------------------------------------------------------
variable "protected" {
  description = "Whether what holds data is kept from being destroyed: buckets with objects, the database, images, keys for 30 days."
  type        = bool
  default     = true

  validation {
    condition     = var.protected || var.environment != "production"
    error_message = "protected must be true in production; to take production down, say so in a reviewed change of this rule."
  }
}

variable "audit_enabled" {
  description = "Whether CloudTrail records every management event, and reads and writes of the project's buckets."
  type        = bool
  default     = true

  validation {
    condition     = var.audit_enabled || var.environment != "production"
    error_message = "audit_enabled must be true in production."
  }
}

variable "retention_days" {
  description = "For how many days logs and former versions of objects are kept."
  type        = number
  default     = 365

  validation {
    condition     = contains([365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.retention_days)
    error_message = "retention_days must be a period that CloudWatch knows and at least a year: 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "prediction_days" {
  description = "For how many days the prediction log is kept. It holds what was asked: no longer than its people may expect."
  type        = number
  default     = 180

  validation {
    condition     = var.prediction_days >= 30 && var.prediction_days <= 3650
    error_message = "prediction_days must be from 30 to 3650: the monitor compares weeks, and labels come late."
  }
}

variable "monthly_budget_usd" {
  description = "What the project may cost in a month, in US dollars; 0 makes no budget."
  type        = number

  validation {
    condition     = var.monthly_budget_usd >= 0 && (var.monthly_budget_usd > 0 || var.environment != "production")
    error_message = "monthly_budget_usd must be above 0 in production, and not negative elsewhere."
  }
}

variable "budget_emails" {
  description = "Who is told when 80 % of the budget are spent, or all of it is forecast."
  type        = list(string)

  validation {
    condition     = alltrue([for address in var.budget_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))]) && length(var.budget_emails) <= 10
    error_message = "budget_emails must be at most ten e-mail addresses."
  }
}

# -- network --------------------------------------------------------------------------------------------------------------
variable "vpc_cidr" {
  description = "Addresses of the network, a /16 that meets no other network of yours."
  type        = string
  default     = "10.40.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr)) && endswith(var.vpc_cidr, "/16")
    error_message = "vpc_cidr must be an IPv4 block of size /16: 10.40.0.0/16."
  }
}

variable "zones" {
  description = "Letters of the two availability zones; named here, for AWS adds zones, and subnets must not move."
  type        = list(string)
  default     = ["a", "b"]

  validation {
    condition     = length(distinct(var.zones)) == 2 && length(var.zones) == 2 && alltrue([for letter in var.zones : can(regex("^[a-z]$", letter))])
    error_message = "zones must be two different letters of the region's availability zones: [\"a\", \"b\"]."
  }
}

# -- MLflow ---------------------------------------------------------------------------------------------------------------
variable "mlflow_enabled" {
  description = "Whether there is an MLflow server: Fargate, a PostgreSQL database, a load balancer."
  type        = bool
  default     = false

  validation {
    condition     = !var.mlflow_enabled || (var.mlflow_image != null && var.mlflow_certificate_arn != null && var.mlflow_domain != null)
    error_message = "mlflow_enabled needs mlflow_image, mlflow_certificate_arn and mlflow_domain."
  }
}

variable "mlflow_image" {
  description = "Image of the server by digest, built of deploy/terraform/mlflow/."
  type        = string
  default     = null

  validation {
    condition     = var.mlflow_image == null || can(regex("@sha256:[0-9a-f]{64}$", var.mlflow_image))
    error_message = "mlflow_image must end with its digest, @sha256: and 64 hexadecimal digits: a tag may move."
  }
}

variable "mlflow_certificate_arn" {
  description = "Certificate of mlflow_domain in ACM; without TLS there is no server."
  type        = string
  default     = null

  validation {
    condition     = var.mlflow_certificate_arn == null || can(regex("^arn:aws[a-z-]*:acm:", var.mlflow_certificate_arn))
    error_message = "mlflow_certificate_arn must be the ARN of a certificate in ACM."
  }
}

variable "mlflow_domain" {
  description = "Name under which the server is reached; point it to the output mlflow_load_balancer."
  type        = string
  default     = null

  validation {
    condition     = var.mlflow_domain == null || can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", var.mlflow_domain))
    error_message = "mlflow_domain must be a name of the DNS, without https://: mlflow.example.com."
  }
}

variable "mlflow_public" {
  description = "Whether the load balancer is in the public subnets, for clients with fixed addresses, or inside the network. GitHub's own runners have no fixed addresses: give workflows a runner inside the network by the variable RUNNER on GitHub."
  type        = bool
  default     = false
}

variable "mlflow_allowed_cidrs" {
  description = "From where the server may be asked, besides the network itself."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.mlflow_allowed_cidrs : can(cidrnetmask(cidr)) && cidr != "0.0.0.0/0"])
    error_message = "mlflow_allowed_cidrs must be IPv4 blocks, and not the whole internet."
  }
}

variable "database_class" {
  description = "Size of MLflow's database."
  type        = string
  default     = "db.t4g.small"

  validation {
    condition     = startswith(var.database_class, "db.")
    error_message = "database_class must be a class of RDS: db.t4g.small."
  }
}

# -- cluster --------------------------------------------------------------------------------------------------------------
variable "cluster_enabled" {
  description = "Whether there is a Kubernetes cluster (EKS)."
  type        = bool
  default     = false
}

variable "kubernetes_version" {
  description = "Version of Kubernetes."
  type        = string
  default     = "1.36"

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version))
    error_message = "kubernetes_version must be a minor version: 1.36."
  }
}

variable "cluster_public_cidrs" {
  description = "From where the API of the cluster may be asked; empty, only from inside the network."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.cluster_public_cidrs : can(cidrnetmask(cidr)) && cidr != "0.0.0.0/0"])
    error_message = "cluster_public_cidrs must be IPv4 blocks, and not the whole internet."
  }
}

variable "namespace" {
  description = "Namespace of the service; data scientists and ML engineers have their rights only there; null takes that of deploy/k8s/overlays."
  type        = string
  default     = null

  validation {
    condition     = var.namespace == null || can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", var.namespace))
    error_message = "namespace must be a name of Kubernetes: lower-case letters, digits and hyphens."
  }
}

variable "nodes" {
  description = "Size of the pool that always runs."
  type        = object({ types = list(string), min = number, max = number })
  default     = { types = ["t3.large"], min = 2, max = 4 }

  validation {
    condition     = length(var.nodes.types) > 0 && var.nodes.min >= 1 && var.nodes.min <= var.nodes.max
    error_message = "nodes needs types, and 1 <= min <= max."
  }
}

variable "spot_nodes" {
  description = "Size of the spot pool, for training and other work that may be interrupted. Several types are interrupted less often."
  type        = object({ types = list(string), min = number, max = number })
  default     = { types = ["m6i.xlarge", "m5.xlarge", "m5a.xlarge"], min = 0, max = 4 }

  validation {
    condition     = length(var.spot_nodes.types) > 1 && var.spot_nodes.min >= 0 && var.spot_nodes.min <= var.spot_nodes.max
    error_message = "spot_nodes needs two types or more, and 0 <= min <= max."
  }
}

variable "gpu_nodes" {
  description = "Size of the GPU pool, also on spot; null makes none."
  type        = object({ types = list(string), min = number, max = number })
  default     = null

  validation {
    condition     = var.gpu_nodes == null || try(length(var.gpu_nodes.types) > 0 && var.gpu_nodes.min >= 0 && var.gpu_nodes.min <= var.gpu_nodes.max, false)
    error_message = "gpu_nodes needs types, and 0 <= min <= max."
  }
}

# -- serverless endpoint --------------------------------------------------------------------------------------------------
variable "endpoint_enabled" {
  description = "Whether the service also runs as a Lambda function, for little traffic: it costs nothing while nobody asks."
  type        = bool
  default     = false

  validation {
    condition     = !var.endpoint_enabled || var.endpoint_image != null
    error_message = "endpoint_enabled needs endpoint_image."
  }
}

variable "endpoint_image" {
  description = "Image of the function in this account's ECR, by digest, built of deploy/terraform/aws/lambda.Dockerfile."
  type        = string
  default     = null

  validation {
    condition     = var.endpoint_image == null || can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com/.+@sha256:[0-9a-f]{64}$", var.endpoint_image))
    error_message = "endpoint_image must be an image in ECR by its digest: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:DIGEST."
  }
}

variable "endpoint_memory_mb" {
  description = "Memory of the function in MB; processor comes with it."
  type        = number
  default     = 1024

  validation {
    condition     = var.endpoint_memory_mb >= 256 && var.endpoint_memory_mb <= 10240
    error_message = "endpoint_memory_mb must be from 256 to 10240."
  }
}

variable "endpoint_api_keys" {
  description = "Who may ask the function: lines of `make key`, name:role:sha256. They are hashes, not keys."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for line in var.endpoint_api_keys : can(regex("^[^:,]+:[a-z]+:[0-9a-f]{64}$", line))]) && (length(var.endpoint_api_keys) > 0 || !var.endpoint_enabled)
    error_message = "endpoint_api_keys must be lines of `make key`, name:role:sha256, and with endpoint_enabled at least one."
  }
}
