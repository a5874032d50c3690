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

variable "subscription_id" {
  description = "Subscription of Azure, one for an environment."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.subscription_id))
    error_message = "subscription_id must be the id of a subscription, eight hexadecimal digits and so on."
  }
}

variable "region" {
  description = "Region of everything."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+[0-9]?$", var.region))
    error_message = "region must be the short name of a region of Azure: westeurope."
  }
}

variable "source_containers" {
  description = "Containers of blobs that params.yaml reads and this module does not make, by their ids: workflows and people may read them."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.source_containers : can(regex("^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Storage/storageAccounts/[^/]+/blobServices/default/containers/[^/]+$", id))])
    error_message = "source_containers must be ids of containers, /subscriptions/.../blobServices/default/containers/NAME: an account would give more."
  }
}

variable "people" {
  description = "Who has which role: object ids of groups or users in Entra by role."
  type        = map(list(string))
  default     = {}

  validation {
    condition     = alltrue([for role in keys(var.people) : contains(["viewer", "data-scientist", "ml-engineer"], role)])
    error_message = "people may have the roles viewer, data-scientist and ml-engineer only."
  }

  validation {
    condition     = alltrue([for id in flatten(values(var.people)) : can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", id))])
    error_message = "people must be named by object ids of groups or users in Entra."
  }
}

variable "protected" {
  description = "Whether what holds data is kept from being destroyed: storage, keys, the database."
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
  description = "What the project may cost in a month, in the currency of the subscription; 0 makes no budget."
  type        = number

  validation {
    condition     = var.monthly_budget_usd >= 0
    error_message = "monthly_budget_usd must not be negative."
  }
}

variable "budget_emails" {
  description = "Who is told when 80 % of the budget are spent, or all of it is forecast."
  type        = list(string)

  validation {
    condition     = alltrue([for address in var.budget_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))]) && (length(var.budget_emails) > 0 || var.monthly_budget_usd == 0)
    error_message = "budget_emails must be e-mail addresses, and with a budget at least one."
  }
}

variable "mlflow_enabled" {
  description = "Whether there is an MLflow server: Container Apps and a PostgreSQL database."
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
  description = "Whether there is a Kubernetes cluster (AKS)."
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
  default     = { type = "Standard_D2s_v5", min = 1, max = 3 }

  validation {
    condition     = var.nodes.min >= 1 && var.nodes.min <= var.nodes.max
    error_message = "nodes needs 1 <= min <= max."
  }
}

variable "spot_nodes" {
  description = "Size of the spot pool, for training and other work that may be interrupted."
  type        = object({ type = string, min = number, max = number })
  default     = { type = "Standard_D4s_v5", min = 0, max = 4 }

  validation {
    condition     = var.spot_nodes.min >= 0 && var.spot_nodes.min <= var.spot_nodes.max
    error_message = "spot_nodes needs 0 <= min <= max."
  }
}

variable "gpu_nodes" {
  description = "Size of the GPU pool, also on spot; null makes none."
  type        = object({ type = string, min = number, max = number })
  default     = null

  validation {
    condition     = var.gpu_nodes == null || try(var.gpu_nodes.min >= 0 && var.gpu_nodes.min <= var.gpu_nodes.max, false)
    error_message = "gpu_nodes needs 0 <= min <= max."
  }
}

variable "endpoint_enabled" {
  description = "Whether the service also runs on Container Apps, for little traffic: it costs nothing while nobody asks."
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
    condition     = var.endpoint_image == null || can(regex("\\.azurecr\\.io/.+@sha256:[0-9a-f]{64}$", var.endpoint_image))
    error_message = "endpoint_image must be an image in the project's registry by its digest."
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

variable "budget_start" {
  description = "First day of the budget: the first of a month."
  type        = string
  default     = "2026-12-01T00:00:00Z"

  validation {
    condition     = can(regex("^[0-9]{4}-[0-9]{2}-01T00:00:00Z$", var.budget_start))
    error_message = "budget_start must be the first of a month: 2026-12-01T00:00:00Z."
  }
}

variable "database_password" {
  description = "Password of MLflow's database, by TF_VAR_database_password; the vault has the same as `database-password`."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = var.database_password == null || try(length(var.database_password) >= 20, false)
    error_message = "database_password must have 20 characters or more."
  }
}

variable "database_password_version" {
  description = "A number to raise when the password has changed."
  type        = number
  default     = 1

  validation {
    condition     = var.database_password_version >= 1
    error_message = "database_password_version must be 1 or more."
  }
}
