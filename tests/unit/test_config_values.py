"""One value of a configuration: variables replaced, type and rule held, wrong ones named with file and line."""

import pytest

from carto_at_installer.config import ConfigLoader, InvalidConfigError
from carto_at_installer.config.variables import ReferenceFaultError, escaped, replaced

SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:login-AbCdEf"


def load(folder, text, variables=None, environment=None):
    (folder / "carto-at.yml").write_text(text, encoding="utf-8")
    return ConfigLoader(variables or {}, folder).load_config(environment=environment)


def faults(folder, text, variables=None, environment=None):
    with pytest.raises(InvalidConfigError) as raised:
        load(folder, text, variables, environment)
    assert raised.value.exit_code == 3
    return [str(fault) for fault in raised.value.faults]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("plain", "plain"),
        ("${A}", "1"),
        ("x${A}y${B:-2}z", "x1y2z"),
        ("${EMPTY}", ""),
        ("${EMPTY:-full}", "full"),
        ("${A:-unused}", "1"),
        ("${NONE:-}", ""),
        ("${NONE:-a b:-c}", "a b:-c"),
        ("$${A}", "${A}"),
        ("$A $ $$", "$A $ $$"),
        ("${TRICK}", "${A}"),
    ],
)
def test_variables_are_replaced_once(text, answer):
    assert replaced(text, {"A": "1", "EMPTY": "", "TRICK": "${A}"}) == answer


@pytest.mark.parametrize("text", ["${NONE}", "${", "${}", "${1A}", "${A", "${A:-${B}}", "${A-b}"])
def test_a_reference_that_cannot_be_replaced_is_refused(text):
    with pytest.raises(ReferenceFaultError):
        replaced(text, {"A": ""})


@pytest.mark.parametrize("text", ["${A}", "$${A}", "$", "a$${b}${c}"])
def test_an_escaped_text_means_itself(text):
    assert replaced(escaped(text), {"A": "x", "c": "y", "b": "z"}) == text


def test_values_come_with_file_and_line(tmp_path):
    config = load(tmp_path, "# a comment\naws:\n  region: ${REGION:-eu-west-1}\n")
    given = config.given["region"]
    assert (given.value, given.file.name, given.line) == ("eu-west-1", "carto-at.yml", 3)


def test_every_type_of_value(tmp_path):
    config = load(
        tmp_path,
        """
aws: {tags: {team: gis, cost: "${COST}"}}
redshift: {cluster_id: demo, database: dev}
lambda: {log_retention_days: "${DAYS}", memory_mb: 1024, architecture: arm64}
deployment: {modules: [quadbin, h3], functions: "${FUNCTIONS}", exclude: a, cloud: redshift}
packs: {names: [core]}
""",
        {"COST": "42", "DAYS": "90", "FUNCTIONS": "a, b"},
    )
    assert config.tags == {"team": "gis", "cost": "42"}
    assert config.lambda_defaults.log_retention_days == 90
    assert config.lambda_defaults.memory_mb == 1024
    assert config.lambda_defaults.timeout_s is None
    assert config.lambda_defaults.architecture == "arm64"
    assert config.selection.modules == ("quadbin", "h3")
    assert config.selection.functions == ("a", "b")
    assert config.selection.exclude == ("a",)
    assert config.packs == ("core",)


def test_what_is_empty_after_replacing_counts_as_not_given(tmp_path):
    config = load(
        tmp_path,
        "aws: {profile: '${P:-}', region: '${P:-}'}\nlambda: {memory_mb: '${P:-}'}\ndeployment: {modules: '${P:-}'}",
    )
    assert config.given == {}
    assert config.profile is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("aws: {region: Frankfurt}", "aws.region: 'Frankfurt' is not an AWS region."),
        ("redshift: {database: 5}", "redshift.database: has to be a text (put it in quotes)"),
        ("redshift: {database: ''}", "redshift.database: is empty: leave the key out"),
        ("redshift: {database: [a]}", "redshift.database: has to be a text"),
        ("redshift: {schema: pg_x}", "belongs to Redshift itself"),
        ("lambda: {memory_mb: many}", "lambda.memory_mb: has to be a whole number"),
        ("lambda: {memory_mb: true}", "lambda.memory_mb: has to be a whole number"),
        ("lambda: {memory_mb: 1.5}", "lambda.memory_mb: has to be a whole number"),
        ("lambda: {memory_mb: 64}", "128 to 10240 MB of memory, not 64"),
        ("lambda: {timeout_s: 901}", "1 to 900 seconds, not 901"),
        ("lambda: {log_retention_days: 2}", "CloudWatch cannot keep logs for 2 days"),
        ("lambda: {architecture: arm}", "cannot be 'arm' (did you mean 'arm64'?)"),
        ("deployment: {modules: [1]}", "has to be a list of names, each a text"),
        ("deployment: {modules: 1}", "has to be a list of names"),
        ("deployment: {modules: {a: b}}", "is a list of names, not a mapping"),
        ("deployment: {cloud: snowflake}", "cannot be 'snowflake'"),
        ("aws: {tags: [a]}", "aws.tags: has to be a mapping of names to texts"),
        ("aws: {tags: {a: 1}}", "the value of 'a' has to be a text (put it in quotes)"),
        ("aws: {tags: {'aws:x': y}}", "'aws:x' is reserved"),
        ("packs: {names: [other]}", "packs.names: cannot be 'other'"),
        ("aws: {region: '${NONE}'}", "the environment variable NONE is not set"),
        ("aws: {region: '${'}", "'${' begins a variable"),
        ('aws: {profile: "a\\tb"}', "cannot be printed"),
    ],
)
def test_a_wrong_value_names_file_line_key_and_rule(tmp_path, text, fault):
    found = faults(tmp_path, f"# first line\n{text}\n")
    assert len(found) == 1
    assert found[0].startswith("carto-at.yml:2: ")
    assert fault in found[0]


def test_all_faults_are_reported_at_once(tmp_path):
    found = faults(tmp_path, "aws:\n  region: x\n  profil: y\nlambda:\n  memory_mb: z\nmore: {}\n")
    assert [fault.split(":")[1] for fault in found] == ["3", "6"]
    found = faults(tmp_path, "aws:\n  region: x\nlambda:\n  memory_mb: z\n")
    assert [fault.split(":")[1] for fault in found] == ["2", "4"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("rdshift: {}", "unknown key 'rdshift' (did you mean 'redshift'?)"),
        ("redshift: {databse: a}", "redshift: unknown key 'databse' (did you mean 'database'?)"),
        ("redshift: {region: a}", "redshift: unknown key 'region' (it belongs under 'aws')"),
        ("schema: carto", "unknown key 'schema' (it belongs under 'redshift')"),
        ("environments: {dev: {awz: {}}}", "unknown key 'awz' (did you mean 'aws'?)"),
        ("environments: {dev: {environments: {}}}", "unknown key 'environments'"),
        ("aws: text", "aws has to hold keys and values"),
        ("[1]", "the file has to hold keys and values"),
        ("environments: [dev]", "environments has to hold keys and values"),
        ("aws:\n  region:", "aws.region has no value"),
        ("aws: {region: a, region: b}", "is there twice"),
        ("aws: &a {region: x}", "anchors and aliases are not supported"),
        ("aws: {region: [}", ""),
    ],
)
def test_a_wrong_shape_names_file_line_and_the_closest_key(tmp_path, text, hint):
    found = faults(tmp_path, text)
    assert found[0].startswith("carto-at.yml:")
    assert hint in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "redshift: {password: hunter2}",
        "redshift: {db_password: hunter2}",
        "redshift: {dbPassword: hunter2}",
        "redshift: {password: '${PASSWORD:-hunter2}'}",
        "aws: {secret_access_key: hunter2}",
        "aws: {aws-session-token: hunter2}",
        "password: hunter2",
        "environments: {dev: {redshift: {master: {passwd: hunter2}}}}",
        "redshift: {secret_arn: hunter2}",
        "redshift: {database: 'redshift://admin:hunter2@host/dev'}",
        "aws: {profile: AKIAhunter2}\nlambda: {prefix: AKIAABCDEFGHIJKLMNOP}",
    ],
)
def test_secrets_are_refused_and_not_repeated(tmp_path, text):
    found = faults(tmp_path, text)
    assert any("Secrets Manager" in fault for fault in found)
    assert all("hunter2" not in fault for fault in found)


def test_a_secret_is_named_by_its_arn(tmp_path):
    config = load(
        tmp_path, f"redshift: {{secret_arn: '{SECRET}'}}\naws: {{tags: {{token: public}}}}"
    )
    assert config.secret_arn == SECRET
    assert config.tags == {"token": "public"}
