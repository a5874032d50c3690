# What may be chosen. Values stand in project.auto.tfvars, staging.tfvars and production.tfvars.
variable "project_name" {
  description = "Name of the project; names and labels of all resources begin with it."
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

variable "gcp_project" {
  description = "Project of Google Cloud, one for an environment."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.gcp_project))
    error_message = "gcp_project must be the id of a project of Google Cloud: 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "region" {
  description = "Region of everything."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a region of Google Cloud: europe-west3."
  }
}

variable "source_buckets" {
  description = "Buckets that params.yaml reads and this module does not make: workflows and people may read them."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.source_buckets : can(regex("^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$", name))])
    error_message = "source_buckets must be names of buckets, without gs:// and wildcards."
  }
}

variable "people" {
  description = "Who has which role: members (group:..., user:...) by role."
  type        = map(list(string))
  default     = {}

  validation {
    condition     = alltrue([for role in keys(var.people) : contains(["viewer", "data-scientist", "ml-engineer"], role)])
    error_message = "people may have the roles viewer, data-scientist and ml-engineer only."
  }

  validation {
    condition     = alltrue([for member in flatten(values(var.people)) : can(regex("^(user|group):[^@\\s]+@[^@\\s]+$", member))])
    error_message = "people must be named as user:ADDRESS or group:ADDRESS; allUsers and domains are refused."
  }
}

variable "protected" {
  description = "Whether what holds data is kept from being destroyed: buckets with objects, the database, the cluster."
  type        = bool
  default     = true

  validation {
    condition     = var.protected || var.environment != "production"
    error_message = "protected must be true in production; to take production down, say so in a reviewed change of this rule."
  }
}

variable "retention_days" {
  description = "For how many days logs and former versions of objects are kept."
  type        = number
  default     = 365

  validation {
    condition     = var.retention_days >= 30 && var.retention_days <= 3650
    error_message = "retention_days must be from 30 to 3650."
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
    condition     = var.monthly_budget_usd >= 0
    error_message = "monthly_budget_usd must not be negative."
  }
}

variable "billing_account" {
  description = "Billing account whose administrators are told when the budget is spent; null makes no budget."
  type        = string
  default     = null

  validation {
    condition     = var.billing_account == null || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "billing_account must be an id such as 012345-6789AB-CDEF01, or null."
  }
}

variable "mlflow_enabled" {
  description = "Whether there is an MLflow server: Cloud Run and a PostgreSQL database."
  type        = bool
  default     = false

  validation {
    condition     = !var.mlflow_enabled || var.mlflow_image != null
    error_message = "mlflow_enabled needs mlflow_image."
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

variable "cluster_enabled" {
  description = "Whether there is a Kubernetes cluster (GKE)."
  type        = bool
  default     = false
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
  description = "Namespace of the service; null takes that of deploy/k8s/overlays."
  type        = string
  default     = null

  validation {
    condition     = var.namespace == null || can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", var.namespace))
    error_message = "namespace must be a name of Kubernetes: lower-case letters, digits and hyphens."
  }
}

variable "nodes" {
  description = "Size of the pool that always runs."
  type        = object({ type = string, min = number, max = number })
  default     = { type = "e2-standard-2", min = 1, max = 3 }

  validation {
    condition     = var.nodes.min >= 1 && var.nodes.min <= var.nodes.max
    error_message = "nodes needs 1 <= min <= max."
  }
}

variable "spot_nodes" {
  description = "Size of the spot pool, for training and other work that may be interrupted."
  type        = object({ type = string, min = number, max = number })
  default     = { type = "e2-standard-4", min = 0, max = 4 }

  validation {
    condition     = var.spot_nodes.min >= 0 && var.spot_nodes.min <= var.spot_nodes.max
    error_message = "spot_nodes needs 0 <= min <= max."
  }
}

variable "gpu_nodes" {
  description = "Size of the GPU pool, also on spot, and its kind of GPU; null makes none."
  type        = object({ type = string, gpu = string, min = number, max = number })
  default     = null

  validation {
    condition     = var.gpu_nodes == null || try(var.gpu_nodes.min >= 0 && var.gpu_nodes.min <= var.gpu_nodes.max, false)
    error_message = "gpu_nodes needs 0 <= min <= max."
  }
}

variable "endpoint_enabled" {
  description = "Whether the service also runs on Cloud Run, for little traffic: it costs nothing while nobody asks."
  type        = bool
  default     = false

  validation {
    condition     = !var.endpoint_enabled || (var.endpoint_image != null && length(var.endpoint_api_keys) > 0)
    error_message = "endpoint_enabled needs endpoint_image and endpoint_api_keys."
  }
}

variable "endpoint_image" {
  description = "Image of the service in this project's registry, by digest."
  type        = string
  default     = null

  validation {
    condition     = var.endpoint_image == null || can(regex("-docker\\.pkg\\.dev/.+@sha256:[0-9a-f]{64}$", var.endpoint_image))
    error_message = "endpoint_image must be an image in Artifact Registry by its digest."
  }
}

variable "endpoint_api_keys" {
  description = "Who may ask the endpoint: lines of `make key`, name:role:sha256. They are hashes, not keys."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for line in var.endpoint_api_keys : can(regex("^[^:,]+:[a-z]+:[0-9a-f]{64}$", line))])
    error_message = "endpoint_api_keys must be lines of `make key`, name:role:sha256."
  }
}
