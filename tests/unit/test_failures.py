import botocore.exceptions as bc
import pytest

from carto_at_installer.aws.failures import translated
from carto_at_installer.core.errors import TargetError, UsageError


def client_error(code, message="said so"):
    return bc.ClientError({"Error": {"Code": code, "Message": message}}, "CreateFunction")


@pytest.mark.parametrize(
    ("raised", "text", "hint"),
    [
        (client_error("ExpiredToken"), "credentials have expired", "aws sso login"),
        (
            client_error("InvalidClientTokenId"),
            "does not accept these credentials",
            "get-caller-identity",
        ),
        (client_error("AccessDeniedException"), "AWS denies CreateFunction", "IAM policy"),
        (client_error("TooManyRequestsException"), "throttles CreateFunction", "Wait"),
        (client_error("Other"), r"said so \[CreateFunction: Other\]", ""),
        (bc.NoCredentialsError(), "no usable AWS credentials", "--profile"),
        (bc.NoRegionError(), "no AWS region", "--region"),
        (bc.ProfileNotFound(profile="x"), "profile does not exist", "list-profiles"),
        (
            bc.EndpointConnectionError(endpoint_url="http://x"),
            "cannot be reached",
            "AWS_ENDPOINT_URL",
        ),
        (bc.UnauthorizedSSOTokenError(), "SSO session", "aws sso login"),
        (bc.ConnectionClosedError(endpoint_url="http://x"), "connection to AWS broke", "continues"),
    ],
)
def test_what_aws_refuses_is_said_in_our_words(raised, text, hint):
    with pytest.raises(TargetError, match=text) as error, translated("do it"):
        raise raised
    assert error.value.message.startswith("Cannot do it: ")
    assert hint in error.value.hint
    assert error.value.exit_code == 4


def test_our_own_errors_pass():
    with pytest.raises(UsageError), translated("do it"):
        raise UsageError("mine")


def test_faults_of_the_program_pass_too():
    with pytest.raises(ZeroDivisionError), translated("do it"):
        raise ZeroDivisionError
