"""SageMaker's Model Registry: a package group is the model, a package a version; the champion is the approved one.

Credentials and region are AWS' own: AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL, roles.
Source: the service model `sagemaker` of botocore 1.43, read on 2026-11-30.
"""

import hashlib
import re
from typing import Any

from ...core.errors import UsageError
from ...core.params import Register
from .mirrored_model import Mirrored

APPROVED, REJECTED, PENDING = "Approved", "Rejected", "PendingManualApproval"
LONGEST, MOST_TEXT = 63, 1000
USELESS = ("Failed", "Deleting")
ENTRY = "audit_entry"


class Registry:
    """The package group of a model, as it is when this is made.

    Attributes:
        group: Its name: that of the model, in the characters that SageMaker allows.
    """

    def __init__(self, name: str, settings: Register) -> None:
        """Reads the group's packages; an absent group has none.

        Raises:
            UsageError: The library is not installed.
        """
        try:
            from botocore.config import Config
            from botocore.session import get_session
        except ModuleNotFoundError:
            raise UsageError("SageMaker needs botocore, which is not installed: `uv add --group aws boto3`") from None
        config = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3})
        self._client = get_session().create_client("sagemaker", region_name=settings.sagemaker.region, config=config)
        self._repository = settings.sagemaker.repository
        self.group = re.sub("[^A-Za-z0-9]+", "-", name)[:LONGEST].strip("-")
        groups = self._pages("list_model_package_groups", "ModelPackageGroupSummaryList", NameContains=self.group)
        self._exists = any(one["ModelPackageGroupName"] == self.group for one in groups)
        self._packages = self._listed() if self._exists else []

    def _pages(self, call: str, key: str, **asked: Any) -> list[dict[str, Any]]:
        return [one for page in self._client.get_paginator(call).paginate(**asked) for one in page[key]]

    def _listed(self) -> list[dict[str, Any]]:
        order = {"SortBy": "CreationTime", "SortOrder": "Ascending"}
        asked = {"ModelPackageGroupName": self.group, **order}
        found = self._pages("list_model_packages", "ModelPackageSummaryList", **asked)
        return [one for one in found if one["ModelPackageStatus"] not in USELESS]

    def _facts(self, address: str) -> dict[str, str]:
        """Returns what a package says of its model."""
        said = self._client.describe_model_package(ModelPackageName=address)
        return dict(said.get("CustomerMetadataProperties") or {})

    def _of(self, status: str) -> list[str]:
        """Returns the packages of a status."""
        return [one["ModelPackageArn"] for one in self._packages if one.get("ModelApprovalStatus") == status]

    def champions(self) -> dict[str, str]:
        """Returns the approved packages, each with the entry that made it champion."""
        return {address: self._facts(address).get(ENTRY, "") for address in self._of(APPROVED)}

    def _put(self, model: Mirrored) -> str:
        """Returns the package of a model; makes it, and its group, where they are absent."""
        # A list says no facts, only the description: it holds what a package is found by.
        said = [(one["ModelPackageArn"], one.get("ModelPackageDescription", "").split()) for one in self._packages]
        known = [(at, dict(zip(words[::2], words[1::2], strict=False))) for at, words in said]
        address = model.found(known)
        if address is not None:
            return address
        image, digest = model.image(self._repository)
        if not self._exists:
            self._client.create_model_package_group(ModelPackageGroupName=self.group)
            self._exists = True
        described = f"model_hash {model.facts['model_hash']} image_digest {digest}"
        container = {"Image": image, "ImageDigest": f"sha256:{digest}", "Environment": {"SERVE_PLATFORM": "sagemaker"}}
        formats = ["application/json", "text/csv"]
        inference = {"SupportedContentTypes": formats, "SupportedResponseMIMETypes": formats}
        made = self._client.create_model_package(
            ModelPackageGroupName=self.group,
            ModelPackageDescription=described,
            ModelApprovalStatus=PENDING,
            InferenceSpecification={"Containers": [container], **inference},
            MetadataProperties={"CommitId": model.facts.get("git_commit", "none")},
            CustomerMetadataProperties=self._properties(model, digest),
            ClientToken=hashlib.sha256(f"{self.group} {described}".encode()).hexdigest()[:36],
        )
        self._packages = self._listed()
        return str(made["ModelPackageArn"])

    @staticmethod
    def _properties(model: Mirrored, digest: str) -> dict[str, str]:
        measures = {f"metric.{key}": text for key, text in model.measures.items()}
        return model.facts | {"image_digest": digest} | measures

    def _decide(self, address: str, status: str, why: str, **facts: str) -> None:
        """Approves or rejects a package; repeats what it says, for the call replaces it."""
        self._client.update_model_package(
            ModelPackageArn=address,
            ModelApprovalStatus=status,
            ApprovalDescription=" ".join(why.split())[:MOST_TEXT],
            CustomerMetadataProperties=self._facts(address) | facts,
        )

    def show_champion(self, model: Mirrored, entry: str, why: str) -> str:
        """Approves the package of the champion, and rejects all others that are approved; returns its ARN."""
        address = self._put(model)
        if self.champions().get(address) != entry:
            self._decide(address, APPROVED, why, **model.facts, **{ENTRY: entry})
        for other in self._of(APPROVED):
            if other != address:
                self._decide(other, REJECTED, f"no longer champion: {why}")
        return address

    def show_challenger(self, model: Mirrored | None) -> str:
        """Lets the package of the challenger wait for approval, and rejects others that wait; returns its ARN."""
        address = self._put(model) if model else ""
        for other in self._of(PENDING):
            if other != address:
                self._decide(other, REJECTED, "no longer challenger")
        if address and address not in self._of(PENDING):
            self._decide(address, PENDING, "challenger")
        return address
