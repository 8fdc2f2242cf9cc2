"""Opens the session with AWS: credentials, region, clients.

Endpoints come from the environment alone (`AWS_ENDPOINT_URL`), never from code, so that any AWS-compatible endpoint can
stand in.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import botocore.exceptions
import botocore.session
from botocore.config import Config

from carto_at_installer.__about__ import __version__
from carto_at_installer.aws.calls import CallLedger
from carto_at_installer.aws.clock import Clock
from carto_at_installer.aws.credentials import CredentialSources, credential_sources
from carto_at_installer.aws.failures import translated
from carto_at_installer.aws.retries import CallRetries
from carto_at_installer.core.target import Identity

if TYPE_CHECKING:
    from carto_at_installer.core.options import AwsOptions

_CONNECTIONS = 32


@cache
def _service_models() -> Any:
    """Botocore's reader of service models, which keeps what it has read: one command opens several sessions."""
    return botocore.session.get_session().get_component("data_loader")


def _botocore_session() -> botocore.session.Session:
    session = botocore.session.get_session()
    session.register_component("data_loader", _service_models())
    return session


_DEPLOYED = frozenset({"lambda", "logs"})
"""The services that the deploy role is assumed for."""


class AwsSession:
    """One set of credentials in one region, with thread-safe, cached clients and a ledger of all calls.

    The region is the one asked for, else AWS_REGION (which other SDKs read, but boto3 does not), else boto3's choice.
    """

    def __init__(self, options: AwsOptions) -> None:
        with translated("open an AWS session"):
            self._session = boto3.Session(
                botocore_session=_botocore_session(),
                profile_name=options.profile or None,
                region_name=options.region or os.environ.get("AWS_REGION") or None,
            )
        self._profile = options.profile
        self.deploy_role = options.deploy_role
        self._deploy_credentials: dict[str, str] | None = None
        self._deploying = threading.Lock()
        self.ledger = CallLedger()
        self.ledger.watch(self._session.events)
        self.clock = Clock()
        self.clock.watch(self._session.events)
        CallRetries().watch(self._session.events)
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def region(self) -> str:
        """The region in force. Raises TargetError when none is set."""
        if not self._session.region_name:
            with translated("choose a region"):
                raise botocore.exceptions.NoRegionError
        return str(self._session.region_name)

    def client(self, service: str) -> Any:
        """The client of a service, made once; Lambda's and its logs' with the deploy role, where there is one."""
        if self.deploy_role and service in _DEPLOYED:
            self._assume_deploy_role()
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._make_client(service)
            return self._clients[service]

    def endpoint(self, service: str) -> str:
        """The URL at which a service is reached."""
        return str(self.client(service).meta.endpoint_url)

    def credential_sources(self) -> CredentialSources:
        """Where the credentials come from. Raises TargetError when they cannot be read."""
        return credential_sources(self._session, self._profile)

    def partition(self) -> str:
        """The part of AWS that the region belongs to: `aws`, `aws-cn`, `aws-us-gov`."""
        return str(self._session.get_partition_for_region(self.region))

    def _make_client(self, service: str) -> Any:
        config = Config(
            retries={
                "mode": "standard",
                "total_max_attempts": 1,
            },  # `retries` repeats, not botocore
            connect_timeout=10,
            max_pool_connections=_CONNECTIONS,
            user_agent_extra=f"carto-at/{__version__}",
        )
        given = self._deploy_credentials if service in _DEPLOYED else None
        with translated(f"talk to the AWS service {service}"):
            return self._session.client(  # type: ignore[call-overload]
                service, region_name=self.region, config=config, **(given or {})
            )

    def _assume_deploy_role(self) -> None:
        """Get credentials of the deploy role, once. They last an hour. Raises TargetError when AWS refuses."""
        with self._deploying:
            if self._deploy_credentials is not None:
                return
            with translated(f"assume the role {self.deploy_role}"):
                answer = self.client("sts").assume_role(
                    RoleArn=self.deploy_role, RoleSessionName="carto-at"
                )
            found = answer["Credentials"]
            self._deploy_credentials = {
                "aws_access_key_id": found["AccessKeyId"],
                "aws_secret_access_key": found["SecretAccessKey"],
                "aws_session_token": found["SessionToken"],
            }

    def identity(self) -> Identity:
        """Who the credentials belong to. Raises TargetError when there are none or AWS refuses them."""
        region = self.region
        with translated("find out who is calling AWS"):
            answer = self.client("sts").get_caller_identity()
        partition = answer["Arn"].split(":")[1]
        return Identity(answer["Account"], answer["Arn"], partition, region)
