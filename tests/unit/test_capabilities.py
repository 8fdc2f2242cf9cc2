"""An old boto3 is recognised by what its service models lack."""

from types import SimpleNamespace

import botocore.session
import pytest
from botocore.model import ServiceModel

from carto_at_installer.aws.capabilities import botocore_version, missing_capabilities
from carto_at_installer.checks.environment import check_boto3
from carto_at_installer.checks.outcome import Status


class Session:
    """A session whose clients know what the installed botocore does, less what is taken away."""

    def __init__(self):
        self._loader = botocore.session.get_session().get_component("data_loader")
        self._models = {}

    def model(self, service):
        if service not in self._models:
            self._models[service] = self._loader.load_service_model(service, "service-2")
        return self._models[service]

    def client(self, service):
        model = ServiceModel(self.model(service), service)
        return SimpleNamespace(meta=SimpleNamespace(service_model=model))


@pytest.fixture
def session():
    return Session()


def test_the_installed_one_knows_all_that_is_used(session):
    assert missing_capabilities(session) == ()
    answer = check_boto3(SimpleNamespace(session=session))
    assert answer.status is Status.PASS
    assert botocore_version() in answer.reason


def test_operations_and_members_that_it_does_not_know_are_named(session):
    del session.model("redshift")["operations"]["GetClusterCredentialsWithIAM"]
    statement = session.model("redshift-data")["shapes"]["ExecuteStatementInput"]
    del statement["members"]["SessionKeepAliveSeconds"]
    found = missing_capabilities(session)
    assert set(found) == {
        "redshift:GetClusterCredentialsWithIAM",
        "redshift-data:ExecuteStatement.SessionKeepAliveSeconds",
    }
    answer = check_boto3(SimpleNamespace(session=session))
    assert answer.status is Status.FAIL
    assert all(each in answer.reason for each in found)
    assert answer.fix == "Run: pip install --upgrade boto3"
